# Rendered by @fairlead/deploy-config: change the deployment, not this file.
FROM docker.io/library/python:3.11-slim-bookworm@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef AS packages
WORKDIR /build
COPY ["requirements.lock", "requirements.txt"]
RUN python3 -m venv /opt/venv \
 && /opt/venv/bin/python -m pip install --no-cache-dir --disable-pip-version-check --require-hashes --only-binary=:all: -r requirements.txt

FROM docker.io/library/python:3.11-slim-bookworm@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
# What follows is the image; the stage "packages" isn't in it.
COPY --from=packages ["/opt/venv/", "/opt/venv/"]
COPY ["src/", "/app/"]
RUN /opt/venv/bin/python -m compileall -q /app
COPY ["docker/gunicorn.conf.py", "/etc/fairlead/gunicorn.conf.py"]
COPY ["docker/health.py", "/opt/fairlead/health.py"]
RUN install -d -o 10001 -g 10001 -m 0700 /run/fairlead/flask /var/lib/fairlead-flask/models \
 && install -d /var/empty
VOLUME ["/tmp", "/run/fairlead/flask", "/var/lib/fairlead-flask/models"]
WORKDIR /var/empty
USER 10001:10001
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=4s --start-period=120s --retries=3 \
    CMD ["/opt/venv/bin/python", "/opt/fairlead/health.py", "/run/fairlead/flask/flask.sock", "/v2/health/ready"]
ENTRYPOINT []
CMD ["/opt/venv/bin/gunicorn", "-c", "/etc/fairlead/gunicorn.conf.py"]
