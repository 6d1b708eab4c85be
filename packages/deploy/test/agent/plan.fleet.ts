import { canBootFleet, startFleet, type Fleet, type FleetHost } from '@fairlead/fleet';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import type { BuiltRelease } from '../../src/index.ts';
import { deploy, runAgent, upload } from '../support/agent-on-host.ts';
import { buildService, serviceInput } from '../support/service-release.ts';

const current = '/opt/fairlead/current';
const unit = '/etc/systemd/system/fairlead-gateway.service';
const nginx = '/etc/nginx/nginx.conf';
const dropIn = '/etc/systemd/system/fairlead-gateway.service.d';

describe.skipIf(!canBootFleet())('the plan of a host', () => {
  let fleet: Fleet;
  let host: FleetHost;
  let release: BuiltRelease;

  beforeAll(async () => {
    fleet = await startFleet();
    host = fleet.host('h1');
    await host.writeFile('/etc/fairlead/gateway.secrets', 'A=b\n', 0o644);
    release = await buildService({
      version: 1,
      deployment: {
        gateway: {
          ...serviceInput.gateway,
          service: {
            user: 'fairlead',
            secretsFile: '/etc/fairlead/gateway.secrets',
            writableFolders: ['/var/lib/shop'],
          },
        },
      },
    });
    expect((await deploy(host, release)).result).toMatchObject({ outcome: 'activated' });
  });

  afterAll(async () => {
    await fleet.close();
  });

  async function differences(of = release): Promise<readonly Record<string, string>[]> {
    const { result, error } = await runAgent(host, of, ['plan', of.digest]);
    expect(error).toBeUndefined();
    return result?.differences as Record<string, string>[];
  }

  it('is empty after a deployment', async () => {
    expect(await differences()).toEqual([]);
  });

  it.each<[string, string, string, RegExp, string]>([
    [
      'a file in place of a link',
      `rm ${nginx}; cp ${current}/files${nginx} ${nginx}`,
      `ln -sfn ${current}/files${nginx} ${nginx}`,
      /^\/etc\/nginx\/nginx.conf$/,
      'another file',
    ],
    [
      'a link that was removed',
      `rm ${unit}`,
      `ln -s ${current}/files${unit} ${unit}`,
      /^\/etc\/systemd\/system\/fairlead-gateway.service$/,
      'missing',
    ],
    [
      'a link to another file',
      `ln -sfn /dev/null ${nginx}`,
      `ln -sfn ${current}/files${nginx} ${nginx}`,
      /nginx.conf$/,
      'another file',
    ],
    [
      'an edited configuration',
      `cp ${current}/files${nginx} /tmp/n; cp /tmp/n /tmp/e; echo '# edit' >>/tmp/e; rm ${current}/files${nginx}; cp /tmp/e ${current}/files${nginx}`,
      `cp /tmp/n ${current}/files${nginx}`,
      /files\/etc\/nginx\/nginx.conf$/,
      'another content',
    ],
    [
      'an edited program of the same size',
      `cp -a ${current}/gateway/dist/main.js /tmp/m; sed -i 's/http/htpp/' ${current}/gateway/dist/main.js`,
      `cp -a /tmp/m ${current}/gateway/dist/main.js`,
      /main.js$/,
      'another content',
    ],
    [
      'a program that was removed',
      `mv ${current}/gateway/package.json /tmp/p`,
      `mv /tmp/p ${current}/gateway/package.json`,
      /gateway\/package.json$/,
      'missing',
    ],
    [
      'a file more',
      `touch ${current}/gateway/dist/more.js`,
      `rm ${current}/gateway/dist/more.js`,
      /more.js$/,
      'a file more',
    ],
    [
      'a link more',
      `ln -s /etc/shadow ${current}/gateway/dist/shadow`,
      `rm ${current}/gateway/dist/shadow`,
      /dist\/shadow$/,
      'a file more',
    ],
    [
      'another mode of a program',
      `chmod 775 ${current}/bin/node`,
      `chmod 755 ${current}/bin/node`,
      /bin\/node$/,
      'mode 775',
    ],
    [
      'a program that runs with the rights of its owner',
      `chmod 4755 ${current}/bin/node`,
      `chmod 755 ${current}/bin/node`,
      /bin\/node$/,
      'mode 4755',
    ],
    [
      'another owner of a program',
      `chown admin ${current}/bin/node`,
      `chown root ${current}/bin/node`,
      /bin\/node$/,
      'owner 1000:0',
    ],
    [
      'another group of a file',
      `chgrp admin ${current}/files${nginx}`,
      `chgrp root ${current}/files${nginx}`,
      /files\/etc\/nginx\/nginx.conf$/,
      'owner 0:1000',
    ],
    [
      'a stopped service',
      'systemctl stop fairlead-gateway',
      'systemctl start fairlead-gateway',
      /^fairlead-gateway.service$/,
      'ActiveState=inactive',
    ],
    [
      'a stopped Nginx',
      'systemctl stop nginx',
      'systemctl start nginx',
      /^nginx.service$/,
      'ActiveState=inactive',
    ],
    [
      'a disabled service',
      'rm /etc/systemd/system/multi-user.target.*/fairlead-gateway.service; systemctl daemon-reload',
      'systemctl enable fairlead-gateway',
      /^fairlead-gateway.service$/,
      'UnitFileState=',
    ],
    [
      'a disabled socket',
      'rm /etc/systemd/system/sockets.target.*/fairlead-gateway.socket; systemctl daemon-reload',
      'systemctl enable fairlead-gateway.socket',
      /^fairlead-gateway.socket$/,
      'UnitFileState=',
    ],
    [
      'a disabled Nginx',
      'systemctl disable nginx',
      'systemctl enable nginx',
      /^nginx.service$/,
      'UnitFileState=disabled',
    ],
    [
      'a masked service for this boot',
      'systemctl mask --runtime nginx',
      'systemctl unmask --runtime nginx',
      /^nginx.service$/,
      'UnitFileState=',
    ],
    [
      'a drop-in',
      `mkdir ${dropIn}; printf '[Service]\\nEnvironment=A=b\\n' >${dropIn}/a.conf; systemctl daemon-reload`,
      `rm -r ${dropIn}; systemctl daemon-reload`,
      /gateway.service.d\/a.conf$/,
      'a drop-in of fairlead-gateway.service',
    ],
    [
      'a drop-in without a reload',
      `mkdir ${dropIn}; printf '[Service]\\nEnvironment=A=b\\n' >${dropIn}/a.conf`,
      `rm -r ${dropIn}; systemctl daemon-reload`,
      /gateway.service.d\/a.conf$/,
      'a drop-in of fairlead-gateway.service',
    ],
    [
      'a property that was set',
      'systemctl set-property fairlead-gateway CPUWeight=50',
      'rm -r /etc/systemd/system.control; systemctl daemon-reload',
      /system.control\/fairlead-gateway.service.d\/50-CPUWeight.conf$/,
      'a drop-in of fairlead-gateway.service',
    ],
    [
      'a drop-in of Nginx',
      `printf '[Service]\\nNice=5\\n' >/etc/systemd/system/nginx.service.d/nice.conf; systemctl daemon-reload`,
      'rm /etc/systemd/system/nginx.service.d/nice.conf; systemctl daemon-reload',
      /nginx.service.d\/nice.conf$/,
      'a drop-in of nginx.service',
    ],
    [
      'a shell of an account',
      'usermod -s /bin/bash fairlead',
      'usermod -s /usr/sbin/nologin fairlead',
      /^account fairlead$/,
      'shell /bin/bash',
    ],
    [
      'another mode of a secret',
      'chmod 644 /etc/fairlead/gateway.secrets',
      'chmod 600 /etc/fairlead/gateway.secrets',
      /^\/etc\/fairlead\/gateway.secrets$/,
      '0644 0:0',
    ],
    [
      'another owner of a secret',
      'chown admin /etc/fairlead/gateway.secrets',
      'chown root /etc/fairlead/gateway.secrets',
      /^\/etc\/fairlead\/gateway.secrets$/,
      '0600 1000:0',
    ],
    [
      'another mode of a folder',
      'chmod 777 /var/lib/shop',
      'chmod 700 /var/lib/shop',
      /^\/var\/lib\/shop$/,
      '0777',
    ],
    [
      'a folder that was removed',
      'mv /var/lib/shop /var/lib/shop2',
      'mv /var/lib/shop2 /var/lib/shop',
      /^\/var\/lib\/shop$/,
      'missing',
    ],
    [
      'a copy of the release that is switched to',
      `cp -a $(readlink -f ${current}) /opt/copy; mv ${current} /tmp/c; ln -s /opt/copy ${current}`,
      `rm ${current}; mv /tmp/c ${current}; rm -r /opt/copy`,
      /^\/opt\/fairlead\/current$/,
      'missing',
    ],
  ])('has %s, and is empty again when it is undone', async (_, edit, undo, subject, found) => {
    await host.run(['bash', '-ec', edit]);
    try {
      expect(await differences()).toContainEqual({
        subject: expect.stringMatching(subject) as string,
        found: expect.stringContaining(found) as string,
        expected: expect.any(String) as string,
      });
    } finally {
      await host.run(['bash', '-ec', undo]);
    }
    expect(await differences()).toEqual([]);
  });

  it('of another release names the switch and the program that runs', async () => {
    const next = await buildService({ version: 2, deployment: {} });
    const archive = await upload(host, next);
    await runAgent(host, next, ['prepare', next.digest, '--archive', archive]);
    const found = await differences(next);
    expect(found).toContainEqual({
      subject: current,
      found: release.digest,
      expected: next.digest,
    });
    expect(found).toContainEqual({
      subject: 'fairlead-gateway.service',
      found: `runs /opt/fairlead/releases/${release.digest}/bin/node`,
      expected: `a program in /opt/fairlead/releases/${next.digest}/`,
    });
    expect((await runAgent(host, next, ['status'])).result).toMatchObject({
      current: release.digest,
    });
  });

  it('of a release that is not on the host says so', async () => {
    const digest = '0'.repeat(64);
    expect(await runAgent(host, release, ['plan', digest])).toMatchObject({
      code: 1,
      error: {
        code: 'ERR_DEPLOY_HOST',
        message: expect.stringContaining("isn't on this host") as string,
      },
    });
  });
});
