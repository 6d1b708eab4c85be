import type { Command } from '@commander-js/extra-typings';
import type { BaseImagesInput } from '@fairlead/deploy-config';
import { addExamples } from '../../add-examples.ts';
import type { CommandContext } from '../../command-context.ts';
import { dryRunOption, jsonOption } from '../../options/shared-options.ts';
import { IMAGES_FILE, imageTags, neededImages, readImages } from '../../containers/base-images.ts';
import { finishRender } from '../../render/finish-render.ts';
import { placeFiles, type WritableFile } from '../../render/place-files.ts';
import { readContainers } from '../../containers/read-containers.ts';

/** Defines `fairlead render docker`. */
export function defineRenderDockerCommand(command: Command, context: CommandContext): void {
  command
    .argument(
      '<file>',
      'Module (.ts, .js) that exports deployment, containers and environments; its folder is the project that the images are built from',
    )
    .option('--out <folder>', 'Folder of the files, inside of the project', 'docker')
    .option(
      '--environment <name>',
      'Environment whose entry, Python application, files and registry the containers get; the only one if there is one',
    )
    .option(
      '--pin',
      `Ask the registries for the newest digests of the base images, and store them in ${IMAGES_FILE} beside the files`,
    )
    .option('--check', 'Write nothing; fail if a file differs')
    .addOption(dryRunOption)
    .addOption(jsonOption)
    .action(async (path, options) => {
      const { out, environment } = options;
      const {
        deployment,
        containers,
        images: given,
      } = await readContainers(path, {
        ...{ out, environment },
      });
      const { renderContainers } = await import('@fairlead/deploy-config');
      const needed = neededImages(deployment, containers);
      const images =
        options.pin === true
          ? await pinTags(await imageTags(out, given, needed))
          : await readImages(out, given, needed);
      const files: readonly WritableFile[] = [
        ...(options.pin === true ? [imagesFile(images)] : []),
        ...renderContainers(deployment, { ...containers, images }),
      ];
      await finishRender(context, options, {
        ...{ placed: await placeFiles(out, files), out, source: path },
        ...{ value: { images }, lines: [] },
      });
    });
  addExamples(command, [
    ['With the newest base images', 'fairlead render docker fairlead.config.ts --pin'],
    ['After a change of the deployment', 'fairlead render docker fairlead.config.ts'],
    [
      'In CI: fail if the committed files are out of date',
      'fairlead render docker fairlead.config.ts --check',
    ],
  ]);
}

async function pinTags(tags: BaseImagesInput): Promise<BaseImagesInput> {
  const { pinImages } = await import('@fairlead/deploy');
  return pinImages(tags);
}

function imagesFile(images: BaseImagesInput): WritableFile {
  const content = `${JSON.stringify(images, null, 2)}\n`;
  return { path: `/${IMAGES_FILE}` as WritableFile['path'], content, mode: 0o644 };
}
