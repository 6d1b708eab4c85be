# Rendered by @fairlead/deploy-config: change the deployment, not this file.
FROM nginx:1.28@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
COPY ["docker/nginx.conf", "/etc/nginx/nginx.conf"]
RUN install -d /var/empty
VOLUME ["/tmp"]
WORKDIR /var/empty
USER 10001:10001
EXPOSE 8080
STOPSIGNAL SIGQUIT
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=3 \
    CMD ["curl", "--fail", "--silent", "--show-error", "--output", "/dev/null", "--max-time", "3", "http://127.0.0.1:8080/v2/health/live"]
ENTRYPOINT []
CMD ["nginx", "-e", "/dev/stderr", "-p", "/etc/nginx", "-c", "/etc/nginx/nginx.conf"]
