import { AnyPrincipal, Effect, PolicyStatement } from 'aws-cdk-lib/aws-iam';

import { keyPattern, type StoredObjects } from './stored-objects.ts';

/** Kind of objects, with those of the bucket of releases. */
export type ProtectedObjects = Omit<StoredObjects, 'kind' | 'bucket'> & {
  readonly kind: StoredObjects['kind'] | 'releases';
};

/**
 * Returns the statements of a bucket policy that refuse every write that could overwrite an object unseen: one without `If-None-Match`. Captured
 * requests and labels are replaced too, with `If-Match`. The parts of an upload create no object and are exempt.
 *
 * Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes-enforce.html
 */
export function overwriteStatements(
  bucketArn: string,
  objects: ProtectedObjects,
): readonly PolicyStatement[] {
  const { kind } = objects;
  const isReplaced = kind === 'captures';
  return [
    new PolicyStatement({
      sid: `${capitalized(kind)}AreNeverOverwritten`,
      effect: Effect.DENY,
      principals: [new AnyPrincipal()],
      actions: ['s3:PutObject'],
      resources: [`${bucketArn}/${keyPattern(objects)}`],
      conditions: {
        Null: {
          's3:if-none-match': 'true',
          ...(isReplaced && { 's3:if-match': 'true' }),
        },
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    }),
  ];
}

/** Returns the statement that lets only these roles delete objects for good: versions, and the registry's objects. */
export function deletionStatement(
  bucketArn: string,
  roles: readonly string[],
  registry: Pick<StoredObjects, 'prefix'> | undefined,
): readonly PolicyStatement[] {
  const deny = (sid: string, action: string, resource: string, allowed: readonly string[]) =>
    new PolicyStatement({
      ...{ sid, effect: Effect.DENY, principals: [new AnyPrincipal()], actions: [action] },
      resources: [resource],
      conditions: { ArnNotLike: { 'aws:PrincipalArn': [...allowed] } },
    });
  return [
    deny('VersionsAreDeletedByFew', 's3:DeleteObjectVersion', `${bucketArn}/*`, roles),
    ...(registry === undefined
      ? []
      : ['models', 'blobs'].map((folder) =>
          deny(
            `Registry${capitalized(folder)}AreDeletedByFew`,
            's3:DeleteObject',
            `${bucketArn}/${keyPattern(registry, `${folder}/*`)}`,
            roles,
          ),
        )),
  ];
}

function capitalized(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
