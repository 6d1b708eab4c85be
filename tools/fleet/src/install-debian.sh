#!/bin/bash
# Installs Debian packages into the folders of an image: install-debian.sh <folder> <suite> <packages of every host> <packages of
# prepared hosts> <packages for the hosts' own apt>.
set -euo pipefail
build=$1 suite=$2 bare=$3 prepared=$4 offered=$5

# The machine's own mirror and proxy, if the machine runs this suite; else mmdebstrap's default mirror.
sources=()
if [ "$(. /etc/os-release && echo "${ID:-} ${VERSION_CODENAME:-}")" = "debian $suite" ]; then
  for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
    if [ -s "$file" ]; then sources=("$file") && break; fi
  done
fi
apt-config dump | grep -E '^Acquire::(https?|ftp|Check-)' >"$build/apt.conf" || true

echo "installing Debian packages (about a minute)"
repository=/usr/share/fleet-packages
mmdebstrap --quiet --mode=root --variant=minbase --components=main --include="$bare" --aptopt="$build/apt.conf" \
  --aptopt='Apt::Install-Recommends "false"' --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' --skip=cleanup/apt \
  --customize-hook="chroot \"\$1\" apt-get -qq install --download-only -y ${prepared//,/ } ${offered//,/ }" \
  "$suite" "$build/bare" "${sources[@]}"

echo "making the hosts' own package repository"
root=$build/bare
mkdir -p "$root$repository"
for file in "$root"/var/cache/apt/archives/*.deb; do
  name=$(basename "$file")
  dpkg-deb --field "$file"
  printf 'Filename: ./%s\nSize: %s\nSHA256: %s\n\n' "$name" "$(stat -c %s "$file")" "$(sha256sum <"$file" | cut -d ' ' -f 1)"
  mv "$file" "$root$repository/"
done >"$root$repository/Packages"
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/*.bin "$root"/etc/apt/sources.list "$root"/etc/apt/sources.list.d/* \
  "$root"/etc/apt/apt.conf.d/99mmdebstrap
mkdir -p "$root/var/lib/apt/lists/partial"
echo "deb [trusted=yes] file:$repository ./" >"$root/etc/apt/sources.list"

# Each host gets its own name, keys and identity; cloud-init runs on hosts with user data only.
rm -f "$root/etc/hostname" "$root"/etc/ssh/ssh_host_*
: >"$root/etc/machine-id"
mkdir -p "$root/var/log/journal"
touch "$root/etc/cloud/cloud-init.disabled"
printf 'network: { config: disabled }\ndatasource_list: [ NoCloud ]\nlocale: false\n' >"$root/etc/cloud/cloud.cfg.d/99-fleet.cfg"
# The account of Debian's images on EC2.
chroot "$root" useradd --create-home --shell /bin/bash --groups sudo admin
echo 'admin ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/admin"
chmod 440 "$root/etc/sudoers.d/admin"

echo "adding the packages of prepared hosts"
mkdir "$build/prepared" "$build/work" "$build/mounted"
mount -t overlay overlay -o "lowerdir=$root,upperdir=$build/prepared,workdir=$build/work,volatile" "$build/mounted"
printf '#!/bin/sh\nexit 101\n' >"$build/mounted/usr/sbin/policy-rc.d"
chmod 755 "$build/mounted/usr/sbin/policy-rc.d"
chroot "$build/mounted" apt-get -qq update
chroot "$build/mounted" apt-get -qq install -y --no-install-recommends -o Dpkg::Options::=--force-unsafe-io ${prepared//,/ } >/dev/null
rm "$build/mounted/usr/sbin/policy-rc.d"
umount "$build/mounted"
rm -rf "$build/work" "$build/mounted" "$build/apt.conf"
