#!/bin/sh
# Installs the Debian packages named as arguments, as root, and keeps Nginx from being started or enabled by it:
# Fairlead runs its own Nginx with its own files; the distribution's would take port 80.
set -eu
export DEBIAN_FRONTEND=noninteractive
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

policy=/usr/sbin/policy-rc.d
mark='# Written by the set-up of Fairlead.'
had_nginx=no
if command -v nginx >/dev/null; then had_nginx=yes; fi

# A policy left by an earlier run that was killed; if its apt still goes on, it is still needed.
if [ -f "$policy" ] && grep -qxF "$mark" "$policy"; then
  writer=$(sed -n 's/.*-d \(\/proc\/[0-9]*\) .*/\1/p' "$policy")
  if [ ! -d "$writer" ]; then rm -f "$policy"; fi
fi

if [ ! -e "$policy" ] && [ "$had_nginx" = no ]; then
  trap 'rm -f "$policy"' EXIT
  # Speaks of Nginx only, and only while this script runs: harmless if it stays behind.
  cat >"$policy.fairlead" <<EOF
#!/bin/sh
$mark
case "\$1" in
  nginx | nginx.service) if [ -d /proc/$$ ]; then exit 101; fi ;;
esac
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

if [ "$had_nginx" = no ] && command -v nginx >/dev/null; then
  # Whatever runs now was started by the installation (an existing policy may allow it), and would be at the next boot.
  if [ -d /run/systemd/system ]; then systemctl disable --now nginx.service || true; fi
  if [ -x /etc/init.d/nginx ]; then update-rc.d nginx disable || true; fi
  if [ -s /run/nginx.pid ] && [ -d "/proc/$(cat /run/nginx.pid)" ]; then nginx -s quit || true; fi
fi
