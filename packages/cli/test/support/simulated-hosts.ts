import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Program in place of `ssh`. It runs the commands of a deployment in a folder for each host, with paths of hosts below that
 * folder; the agent of a release, which needs systemd, is replaced by one that only records which release runs.
 */
const SSH = `#!/bin/sh
set -eu
for word; do before=\${destination-}; destination=\${command-}; command=$word; [ "$word" != exit ] || exit 0; done
host=\${destination#ssh://}
host=\${host#*@}
root=FOLDER/$host
mkdir -p "$root/var/lib/fairlead-deploy" "$root/opt/fairlead/parts"
[ ! -e "$root/unreachable" ] || { echo "connect to host $host: No route to host" >&2; exit 255; }
printf '%s\\n' "$command" >>"$root/commands"
result() { printf '{"result":{"outcome":"%s"%s}}\\n' "$1" "\${2:+,\\"digest\\":\\"$2\\"}\${3:+,\\"message\\":\\"$3\\"}"; }
current=$(head -n 1 "$root/history" 2>/dev/null || :)
agent() {
  case $1 in
    prepare)
      restored=
      case "$*" in *--restore*) restored=',"restored":{"location":"/var/backups/shop","at":"2026-01-01T00:00:00Z","files":["/etc/fairlead/keys.json"]}' ;; esac
      printf '{"result":{"outcome":"prepared","digest":"%s"%s}}\\n' "$2" "$restored" ;;
    activate)
      echo '{"step":"switch"}'
      if [ "$current" = "$2" ] && [ ! -e "$root/pending" ]; then result unchanged "$2"
      elif [ -e "$root/broken" ]; then result reverted "$current" "a golden example is answered wrongly"
      else
        { echo "$2"; grep -vx "$2" "$root/history" 2>/dev/null || :; } >"$root/history.new"
        mv "$root/history.new" "$root/history"
        rm -f "$root/pending"
        result activated "$2"
      fi ;;
    check) result healthy "$2" ;;
    rollback)
      sed -i 1d "$root/history"
      if [ -n "\${2-}" ] && [ "$(head -n 1 "$root/history")" != "$2" ]; then
        { echo "$2"; cat "$root/history"; } >"$root/history.new"
        mv "$root/history.new" "$root/history"
      fi
      result activated "$(head -n 1 "$root/history")" ;;
    status)
      history=$(sed 's/.*/"&"/' "$root/history" | paste -sd,)
      pending=$(cat "$root/pending" 2>/dev/null || :)
      printf '{"result":{"current":"%s","history":[%s]%s,"units":{"fairlead-gateway.service":"active"}}}\\n' "$current" "$history" "\${pending:+,\\"pending\\":\\"$pending\\"}" ;;
    plan) printf '{"result":{"differences":%s}}\\n' "$(cat "$root/differences.json" 2>/dev/null || echo '[]')" ;;
  esac
}
here=$(printf '%s' "$command" | sed "s|/opt/fairlead|$root/opt/fairlead|g; s|/var/lib/fairlead|$root/var/lib/fairlead|g; s|/etc/fairlead|$root/etc/fairlead|g")
eval "set -- $command"
case \${3-} in
  *'exec "$parts/$node/bin/node"'*) cat >/dev/null; shift 7; agent "$@" ;;
  *'agent/agent.mjs" "$@"'*) [ -n "$current" ] || exit 78; shift 4; agent "$@" ;;
  # Every part is there, so that no test sends Node.
  'for part;'*) ;;
  *) eval "exec $here" ;;
esac
`;

/** Hosts of a test, each of them a folder, behind a program `ssh`. */
export interface SimulatedHosts {
  /** Value of `PATH` with the program. */
  readonly path: string;
  /** Returns the release that runs on a host; `undefined` if there is none. */
  current(host: string): string | undefined;
  /** Returns the commands that a host received. */
  commands(host: string): string;
  /** Lets every activation fail its gate. */
  breakGate(host: string): void;
  /** Lets no command reach a host. */
  disconnect(host: string): void;
  /** Lets commands reach a host again. */
  reconnect(host: string): void;
  /** Lets a new host run a release since its first boot. */
  boot(host: string, digest: string): void;
  /** Places the configuration files of a release on a host, which runs it then. */
  install(host: string, release: string): Promise<void>;
  /** Leaves an activation of a release as a killed agent does. */
  interrupt(host: string, digest: string): void;
  /** Sets what a plan of the host finds. */
  edit(host: string, differences: readonly object[]): void;
}

/** Creates simulated hosts in a folder. */
export function simulateHosts(folder: string): SimulatedHosts {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'ssh'), SSH.replace('FOLDER', folder));
  chmodSync(join(bin, 'ssh'), 0o755);
  const write = (host: string, name: string, text = ''): void => {
    mkdirSync(join(folder, host), { recursive: true });
    writeFileSync(join(folder, host, name), text);
  };
  const read = (host: string, name: string): string => {
    const path = join(folder, host, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  return {
    path: `${bin}:${process.env.PATH ?? ''}`,
    current: (host) => /^[0-9a-f]{64}$/m.exec(read(host, 'history'))?.[0],
    commands: (host) => read(host, 'commands'),
    breakGate: (host) => {
      write(host, 'broken');
    },
    disconnect: (host) => {
      write(host, 'unreachable');
    },
    reconnect: (host) => {
      rmSync(join(folder, host, 'unreachable'));
    },
    boot: (host, digest) => {
      rmSync(join(folder, host), { recursive: true, force: true });
      write(host, 'history', `${digest}\n`);
    },
    install: async (host, release) => {
      const { readRelease } = await import('@fairlead/deploy');
      const { digest, manifest } = await readRelease(release);
      const files = manifest.parts.find(({ role }) => role === 'files')?.sha256 ?? '';
      const current = join(folder, host, 'opt/fairlead/current');
      mkdirSync(current, { recursive: true });
      execFileSync('sh', [
        ...['-c', 'tar -xOf "$1" "parts/$2.tar.gz" | tar -xzf - -C "$3"', 'sh'],
        ...[release, files, current],
      ]);
      write(host, 'history', `${digest}\n`);
    },
    interrupt: (host, digest) => {
      write(host, 'pending', digest);
    },
    edit: (host, differences) => {
      write(host, 'differences.json', JSON.stringify(differences));
    },
  };
}
