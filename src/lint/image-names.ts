// Which Dockerfile of the run builds which image, by the names that people give: the folder of the Dockerfile, or the part
// of its name beside `Dockerfile`. A name that two Dockerfiles could mean, means none.
import { posix } from 'node:path';
import { imageFacts, imageName } from './known/images.ts';
import type { Image } from './subjects/image.ts';

/** Folders that say nothing about what is built in them. */
const GENERIC = new Set([
  'src',
  'docker',
  'build',
  'app',
  'deploy',
  'container',
  'image',
  'images',
  '.',
  '',
  'dockerfiles',
  '.docker',
  'devcontainer',
]);

/** Further official images, of which nothing else is known here. */
const OFFICIAL = new Set(
  'memcached wordpress ghost drupal nextcloud adminer registry vault consul telegraf grafana tomcat jetty sonarqube nexus3 solr storm flink spark kong mediawiki joomla odoo redmine gitea joomla matomo phpmyadmin mongo-express docker hello-world maven gradle composer bash'.split(
    ' ',
  ),
);

export class ImageNames {
  readonly #images = new Map<string, Image | null>();

  addDockerfile(image: Image): void {
    for (const name of namesOf(image.source.path)) this.#images.set(name, this.#images.has(name) ? null : image);
  }

  /** The image that is built under the last part of a name such as `registry.example/team/shop:1.2`. */
  find(name: string): Image | undefined {
    const { path, base } = imageName(name);
    // `redis` is the public one, whatever folder of that name there is.
    const facts = imageFacts(name);
    const isPublic =
      !path.includes('/') && (facts.family !== undefined || facts.entrypoint !== undefined || OFFICIAL.has(base));
    return isPublic ? undefined : (this.#images.get(base) ?? undefined);
  }
}

function namesOf(path: string): string[] {
  const name = posix.basename(path).toLowerCase();
  const suffix =
    /^(?:dockerfile|containerfile)[._-]([\w-]+)$/.exec(name)?.[1] ??
    /^([\w-]+)\.(?:dockerfile|containerfile)$/.exec(name)?.[1];
  if (suffix !== undefined) return [suffix];
  const folders = posix.dirname(path).toLowerCase().split('/').reverse();
  const folder = folders.find((it) => !GENERIC.has(it));
  return folder === undefined ? [] : [folder];
}
