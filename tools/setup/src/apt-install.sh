#!/bin/sh
# Installs the Debian packages named as arguments, as root, and keeps Nginx, Redis, HAProxy and Prometheus from being started or
# enabled by it: Fairlead runs its own Nginx with its own files, and its tests their own servers; the distribution's would take ports.
set -eu
export DEBIAN_FRONTEND=noninteractive
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

policy=/usr/sbin/policy-rc.d
mark='# Written by the set-up of Fairlead.'
# Those that weren't here before.
services=
for service in nginx redis-server haproxy prometheus; do
  command -v "$service" >/dev/null || services="$services $service"
done

# A policy left by an earlier run that was killed; if its apt still goes on, it is still needed.
if [ -f "$policy" ] && grep -qxF "$mark" "$policy"; then
  writer=$(sed -n 's/.*-d \(\/proc\/[0-9]*\) .*/\1/p' "$policy")
  if [ ! -d "$writer" ]; then rm -f "$policy"; fi
fi

if [ ! -e "$policy" ] && [ -n "$services" ]; then
  trap 'rm -f "$policy"' EXIT
  # Speaks of these services only, and only while this script runs: harmless if it stays behind.
  cat >"$policy.fairlead" <<EOF
#!/bin/sh
$mark
for service in$services; do
  case "\$1" in
    "\$service" | "\$service.service") if [ -d /proc/$$ ]; then exit 101; fi ;;
  esac
done
exit 0
EOF
  chmod 755 "$policy.fairlead"
  mv "$policy.fairlead" "$policy"
fi

install() {
  apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@"
}
apt-get -o DPkg::Lock::Timeout=300 update
# A dpkg that was killed half-way has to be brought to its end first.
install "$@" || { dpkg --configure -a && install "$@"; }

for service in $services; do
  command -v "$service" >/dev/null || continue
  # A service that runs now was started by the installation (an existing policy may allow it), and would be at the next boot.
  if [ -d /run/systemd/system ]; then systemctl disable --now "$service.service" || true; fi
  if [ -x "/etc/init.d/$service" ]; then
    update-rc.d "$service" disable || true
    "/etc/init.d/$service" stop || true
  fi
done
