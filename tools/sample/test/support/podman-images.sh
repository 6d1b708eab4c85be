#!/bin/bash
# Makes an image with Node.js, npm, Python, Nginx and Redis of Debian's packages, in the place of the base images of Docker Hub:
# podman-images.sh <name of the image> <program of node>.
set -euo pipefail
image=$1 node=$2
npm=$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
sources=()
for file in /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list; do
  if [ -s "$file" ]; then sources=("$file") && break; fi
done
mmdebstrap --quiet --mode=root --variant=minbase --include=ca-certificates,curl,nginx-light,python3-venv,redis-server,libstdc++6 \
  --aptopt='Apt::Install-Recommends "false"' --dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' bookworm "$root/base" "${sources[@]}"
base=$root/base
cp "$node" "$base/usr/local/bin/node"
mkdir -p "$base/usr/local/lib/node_modules"
cp -rL "$npm" "$base/usr/local/lib/node_modules/npm"
ln -s ../lib/node_modules/npm/bin/npm-cli.js "$base/usr/local/bin/npm"
# The authorities that this machine trusts, such as one of a proxy.
certificates=/etc/ssl/certs/ca-certificates.crt
cp "$certificates" "$base$certificates"
tar -C "$base" -c . | podman import --quiet --change "ENV NODE_EXTRA_CA_CERTS=$certificates" --change "ENV PIP_CERT=$certificates" - "$image"
