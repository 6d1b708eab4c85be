import type { ContainerProgram, Deployment, Secret } from '@fairlead/deploy-config';
import { Aws } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { invalidOption } from '../check-options.ts';

/** A secret that ECS passes to a container when it starts. */
export interface TaskSecret {
  /** Name of the variable. */
  readonly name: string;
  /** ARN of a parameter, or of a secret with the member of its object. */
  readonly valueFrom: string;
}

/** Secret that a container writes into a file for the gateway. */
export interface FileSecret extends TaskSecret {
  /** Absolute path of the file. */
  readonly path: string;
}

function arn(service: string, resource: string, region: string = Aws.REGION): string {
  return `arn:${Aws.PARTITION}:${service}:${region}:${Aws.ACCOUNT_ID}:${resource}`;
}

/** Returns the reference of ECS, and the ARN for a permission. */
function referenceOf({ name, from }: Secret): {
  readonly valueFrom: string;
  readonly resource: string;
  readonly action: string;
} {
  if ('file' in from) {
    throw invalidOption(
      `The secret "${name}" of the deployment is a file of hosts, which tasks don't have: give ssmParameter or secretsManager.`,
    );
  }
  if ('ssmParameter' in from) {
    const { ssmParameter, region } = from;
    const isArn = ssmParameter.startsWith('arn:');
    if (!isArn && ssmParameter.includes(':')) {
      throw invalidOption(
        `The secret "${name}" of the deployment is ${ssmParameter}, but tasks read the newest version of a parameter: leave the version out.`,
      );
    }
    const resource = isArn
      ? ssmParameter
      : arn('ssm', `parameter/${ssmParameter.replace(/^\//, '')}`, region);
    return { valueFrom: resource, resource, action: 'ssm:GetParameters' };
  }
  const { secretsManager, key, region } = from;
  const isArn = secretsManager.startsWith('arn:');
  const base = isArn ? secretsManager : arn('secretsmanager', `secret:${secretsManager}`, region);
  return {
    valueFrom: key === undefined ? base : `${base}:${key}::`,
    // Secrets Manager adds a hyphen and six characters to the name.
    resource: isArn ? base : `${base}-??????`,
    action: 'secretsmanager:GetSecretValue',
  };
}

/** Secrets of the program's file of variables. */
export function variablesOf(deployment: Deployment, program: ContainerProgram): TaskSecret[] {
  const service =
    program === 'gateway'
      ? deployment.gateway.service
      : program === 'flask'
        ? deployment.flask?.service
        : undefined;
  return deployment.secrets
    .filter(({ variable, path }) => variable !== undefined && path === service?.secretsFile)
    .map((secret) => ({
      name: secret.variable ?? '',
      valueFrom: referenceOf(secret).valueFrom,
    }));
}

/** Secrets that are files, such as the keys file. */
export function filesOf({ secrets }: Deployment): FileSecret[] {
  return secrets
    .filter(({ variable }) => variable === undefined)
    .map((secret, index) => ({
      ...{ name: `SECRET_${index}`, path: secret.path },
      valueFrom: referenceOf(secret).valueFrom,
    }));
}

/** Permissions to read all secrets of the deployment, but those of Secrets Manager with these names. */
export function secretStatements(
  { secrets }: Deployment,
  except: readonly string[],
): PolicyStatement[] {
  const references = secrets
    .filter(({ from }) => !('secretsManager' in from && except.includes(from.secretsManager)))
    .map(referenceOf);
  return ['ssm:GetParameters', 'secretsmanager:GetSecretValue'].flatMap((action) => {
    const resources = references
      .filter((reference) => reference.action === action)
      .map(({ resource }) => resource);
    const unique = [...new Set(resources)];
    return unique.length === 0
      ? []
      : [new PolicyStatement({ actions: [action], resources: unique })];
  });
}
