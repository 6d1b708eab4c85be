export { defineDeployment } from './define-deployment.ts';
export { DeployConfigError } from './deploy-config-error.ts';
export { DeploymentError } from './deployment-error.ts';
export type { DeploymentProblem, DeploymentProblemCode } from './deployment-error.ts';
export type {
  CloudWatchInput,
  DeploymentInput,
  FlaskInput,
  GrpcInput,
  GatewayInput,
  HostInput,
  KeepAliveInput,
  ServiceInput,
  TargetInput,
  TimeoutsInput,
} from './deployment-input.ts';
export type {
  HttpListenInput,
  HttpsListenInput,
  NginxInput,
  PerAddressLimitsInput,
  RouteInput,
  UpstreamInput,
} from './nginx-input.ts';
export type {
  CheckedLayout,
  CloudWatch,
  Deployment,
  Nginx,
  Flask,
  Grpc,
  Gateway,
  HttpListen,
  HttpsListen,
  Listen,
  Service,
  Upstream,
} from './deployment.ts';
export { containerDeployment } from './containers/container-deployment.ts';
export { containerSettings } from './containers/container-settings.ts';
export type { ContainerSettings, SocketFolder } from './containers/container-settings.ts';
export { containerState } from './containers/container-state.ts';
export type { ContainerProgram, ContainerState } from './containers/container-state.ts';
export type {
  BaseImagesInput,
  ContainerPythonInput,
  ContainerRedisInput,
  ContainersInput,
} from './containers/containers-input.ts';
export type { HealthCheck } from './containers/dockerfile.ts';
export { renderContainers } from './containers/render-containers.ts';
export type { ContainerFile } from './containers/render-containers.ts';
export { defineEnvironments } from './environments/define-environments.ts';
export type { Environment } from './environments/environment.ts';
export type {
  AutoScalingGroupInput,
  CheckInput,
  CopiedRegistryInput,
  EnvironmentInput,
  HaproxyInput,
  PythonReleaseInput,
  ReleaseInput,
  SshInput,
  SsmInput,
  StackInput,
  TargetGroupInput,
  TargetHostInput,
} from './environments/environment-input.ts';
export type {
  EnvironmentOverrides,
  EnvironmentSection,
  EnvironmentWith,
  PartialEnvironmentSection,
} from './environments/environment-overrides.ts';
export { balancerTarget } from './environments/environment-rules.ts';
export { EnvironmentsError } from './environments/environments-error.ts';
export type { EnvironmentProblem } from './environments/environments-error.ts';
export type { Acme } from './certificate/acme.ts';
export type { AcmeInput } from './certificate/acme-input.ts';
export { flaskEnvironment } from './environment/flask-environment.ts';
export type { FlaskEnvironment } from './environment/flask-environment.ts';
export { GATEWAY_NODE_OPTIONS, gatewayEnvironment } from './environment/gateway-environment.ts';
export type { GatewayEnvironment } from './environment/gateway-environment.ts';
export { gunicornSettingKinds } from './gunicorn/gunicorn-setting.ts';
export type {
  GunicornSettingName,
  GunicornSettings,
  GunicornValueByKind,
} from './gunicorn/gunicorn-setting.ts';
export { gunicornSettings } from './gunicorn/gunicorn-settings.ts';
export { serializePython } from './gunicorn/python-value.ts';
export type { PythonValue } from './gunicorn/python-value.ts';
export { renderGunicorn } from './gunicorn/render-gunicorn.ts';
export { serializeGunicorn } from './gunicorn/serialize-gunicorn.ts';
export { hostState } from './host/host-state.ts';
export type { HostState, HostStateKind } from './host/host-state.ts';
export { renderHost } from './host/render-host.ts';
export { containerLayout, folderLayout, hostLayout } from './layout.ts';
export type { Layout } from './layout.ts';
export { nginxProblems } from './nginx/nginx-problem.ts';
export type { NginxProblem } from './nginx/nginx-problem.ts';
export { nginxConfig } from './nginx/nginx-config.ts';
export { block, directive, variable } from './nginx/nginx-directive.ts';
export type { NginxArgument, NginxDirective, NginxVariable } from './nginx/nginx-directive.ts';
export { renderNginx } from './nginx/render-nginx.ts';
export { serializeNginx } from './nginx/serialize-nginx.ts';
export { renderDeployment } from './render-deployment.ts';
export type { RenderedFile } from './rendered-file.ts';
export { requiredFolders } from './required-folders.ts';
export type { Secret, SecretSource } from './secrets/secret.ts';
export type { SecretInput, SecretSourceInput } from './secrets/secret-input.ts';
export type { Backup } from './state/backup.ts';
export type { BackupInput } from './state/backup-input.ts';
export { gunicornCommand, nginxCommand } from './start-commands.ts';
export { renderSystemd } from './systemd/render-systemd.ts';
export { serializeUnit } from './systemd/serialize-unit.ts';
export { systemdUnits } from './systemd/systemd-units.ts';
export type {
  Unit,
  UnitDirectiveKinds,
  UnitSection,
  UnitValueByKind,
  UnitValueKind,
} from './systemd/unit-directive.ts';
export { unitDirectiveKinds } from './systemd/unit-directive.ts';
export { formatAddress, maxSocketPathBytes } from './values/address.ts';
export type { Address, AddressText, TcpAddress, UnixAddress } from './values/address.ts';
export type { AbsolutePath } from './values/absolute-path.ts';
export type { HostName } from './values/host-name.ts';
export type { Version } from './values/version.ts';
