import { CfnParameter, CfnResource } from 'aws-cdk-lib';
import { Construct, type IConstruct } from 'constructs';
import { expect, it } from 'vitest';

import * as deployCdk from '@fairlead/deploy-cdk';

import { allParts } from '../support/all-parts.ts';

/** Constructs of this package, whose resources are their properties; those of the CDK have theirs as children. */
const ours = new Set(
  Object.values(deployCdk).filter((each) => each.prototype instanceof Construct),
);

/** Adds what the public properties of a construct lead to. */
function follow(value: unknown, reached: Set<IConstruct>): void {
  if (value instanceof Map || Array.isArray(value)) {
    for (const each of value.values()) follow(each, reached);
    return;
  }
  if (!(value instanceof Construct)) {
    if (isRecord(value)) for (const each of Object.values(value)) follow(each, reached);
    return;
  }
  if (reached.has(value)) return;
  reached.add(value);
  const isOurs = ours.has(value.constructor as never) || value.constructor.name === 'Replication';
  if (!isOurs) {
    for (const child of value.node.findAll()) reached.add(child);
    return;
  }
  for (const name of publicNames(value)) {
    follow((value as unknown as Record<string, unknown>)[name], reached);
  }
}

/** Properties and getters of an object, without those of `Construct`. */
function publicNames(value: Construct): string[] {
  const { prototype } = value.constructor as { readonly prototype: object };
  const getters = Object.entries(Object.getOwnPropertyDescriptors(prototype));
  return [
    ...Object.keys(value).filter((name) => name !== 'node'),
    ...getters.filter(([, descriptor]) => descriptor.get !== undefined).map(([name]) => name),
  ];
}

function isRecord(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

it('every resource of a service with all parts is reached by public properties', () => {
  const { service, grpc } = allParts();
  const reached = new Set<IConstruct>();
  follow(service, reached);
  follow(grpc, reached);
  const all = [service, grpc].flatMap(({ node }) => node.findAll());
  const hidden = all.filter(
    (each) => each instanceof CfnResource && !(each instanceof CfnParameter) && !reached.has(each),
  );
  expect(hidden.map(({ node }) => node.path)).toEqual([]);
  expect(reached.size).toBeGreaterThan(200);
});
