# Rendered by @fairlead/deploy-config: change the deployment, not this file.
FROM docker.io/library/node:24-bookworm-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS packages
WORKDIR /app
COPY ["package.json", "package-lock.json", "./"]
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/onnxruntime-node/bin/napi-v6/darwin node_modules/onnxruntime-node/bin/napi-v6/win32

FROM docker.io/library/node:24-bookworm-slim@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# What follows is the image; the stage "packages" isn't in it.
ENV NODE_ENV="production"
COPY --from=packages ["/app/", "/app/"]
COPY ["service.ts", "/app/service.ts"]
COPY ["lib", "/app/lib"]
COPY ["docker/health.mjs", "/opt/fairlead/health.mjs"]
RUN install -d -o 10001 -g 10001 -m 0700 /run/fairlead/gateway /var/lib/fairlead/registry /var/lib/fairlead/records /var/lib/shop \
 && install -d /var/empty
VOLUME ["/tmp", "/run/fairlead/gateway", "/var/lib/fairlead/registry", "/var/lib/fairlead/records", "/var/lib/shop"]
WORKDIR /var/empty
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=3 \
    CMD ["node", "/opt/fairlead/health.mjs", "/run/fairlead/gateway/gateway.sock", "/v2/health/ready"]
ENTRYPOINT []
CMD ["node", "--env-file-if-exists=/etc/fairlead/gateway.secrets", "/app/service.ts"]
