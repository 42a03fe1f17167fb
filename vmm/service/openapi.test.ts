import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CallName, operations } from '../contract/operations.ts';
import { describeApi } from './openapi.ts';
import { calls, checkCall, checkControl } from './validate.ts';

interface Body {
  content: { 'application/json': { schema: Record<string, unknown> } };
}
type Described = { requestBody?: Body; parameters: { name: string; in: string }[]; 'x-websocket'?: object };
const document = describeApi('1.2.3') as unknown as { paths: Record<string, Record<string, Described>> };

const ajv = new Ajv2020({ strict: false, formats: { ipv4: true, ipv6: true } });
ajv.addSchema(document, 'api');
const judge = (place: string) => {
  const found = ajv.getSchema(`api#/${place}`);
  if (!found) throw new Error(`nothing at ${place}`);
  return found;
};
const escaped = (path: string): string => path.replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');

const jsonValue = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  fc.constantFrom(0, -1, 1.5, 70_000, '', 'a\0b', 'A=1', 'tcp', '127.0.0.1', '::1', 'f'.repeat(32), null, true),
);
const port = fc.record({
  protocol: fc.oneof(fc.constantFrom('tcp', 'udp'), jsonValue),
  hostAddress: fc.oneof(fc.ipV4(), fc.ipV6(), jsonValue),
  hostPort: fc.oneof(fc.nat(65_535), jsonValue),
  guestPort: fc.oneof(fc.nat(65_535), jsonValue),
});
/** Bodies that are nearly right: some fields as they should be, some not, some of others. */
const runFields = {
  id: fc.constantFrom('0'.repeat(32), 'x', null),
  image: fc.constantFrom('linux', ''),
  command: fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
  env: fc.array(fc.constantFrom('A=1', 'A=', 'A', '=1', 'A\n=1', 'A=\0'), { maxLength: 2 }),
  size: fc.record({ columns: fc.integer({ min: -1, max: 70_000 }), rows: fc.constant(24) }),
  ports: fc.array(port, { maxLength: 2 }),
  labels: fc.dictionary(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }), { maxKeys: 2 }),
  tmpfs: fc.array(fc.record({ path: fc.string(), options: fc.array(fc.string()) }), { maxLength: 1 }),
  timeoutMs: fc.constantFrom(0, -1, 2 ** 31, null),
  network: fc.constantFrom('none', 'user', 'bridge'),
  tty: jsonValue,
  cpus: jsonValue,
  detach: fc.boolean(),
};

describe('the description', () => {
  it('has a schema for the body of every call that takes one, and none for the others', () => {
    for (const [name, { method, path }] of Object.entries(operations).filter(([, each]) => each.kind === 'call') as [
      CallName,
      { method: string; path: string },
    ][]) {
      const described = document.paths[path]?.[method.toLowerCase()];
      const fields = fieldsOf(calls[name]).filter((field) => !path.includes(`{${field}}`));
      const takesBody = (method === 'POST' || method === 'PUT') && fields.length > 0;
      expect([name, described?.requestBody !== undefined]).toEqual([name, takesBody]);
      const inQuery = described?.parameters.filter((parameter) => parameter.in === 'query').map(({ name }) => name);
      expect([name, inQuery]).toEqual([name, takesBody ? [] : fields]);
    }
  });

  it('takes and refuses the same bodies as the service: create', () => {
    const isFine = judge(`paths/${escaped('/v1/machines')}/post/requestBody/content/application~1json/schema`);
    agree(fc.record(runFields, { requiredKeys: [] }), isFine, (body) => checkCall('create', body));
    expect(isFine({ image: 'linux' })).toBe(true);
  });

  it('takes and refuses the same control messages as the service', () => {
    const isFine = judge('components/schemas/ClientControl');
    const message = fc.oneof(
      fc.record({ type: fc.constantFrom('run', 'exec'), request: fc.record(runFields, { requiredKeys: ['image'] }) }),
      fc.record({ type: fc.constant('exec'), request: fc.record({ command: runFields.command, env: runFields.env }) }),
      fc.record({ type: fc.constant('credit'), channel: fc.integer({ min: 0, max: 4 }), bytes: fc.integer() }),
      fc.record({ type: fc.constant('resume'), stdout: fc.integer(), stderr: jsonValue }),
      fc.record({ type: fc.constant('resize'), size: runFields.size }),
      fc.record({ type: jsonValue, signal: jsonValue }),
    );
    agree(message, isFine, checkControl);
    expect(isFine({ type: 'run', request: { image: 'linux' } })).toBe(true);
  });
});

/** Of every shape that an input may have. */
function fieldsOf(schema: (typeof calls)[CallName]): string[] {
  const shapes = 'options' in schema ? schema.options.map(({ shape }) => shape) : [schema.shape];
  return shapes.flatMap((shape) => Object.keys(shape));
}

function agree(
  values: fc.Arbitrary<unknown>,
  isFine: (value: unknown) => unknown,
  check: (value: unknown) => unknown,
): void {
  const verdicts = new Set<boolean>();
  fc.assert(
    fc.property(values, (value) => {
      const said = isFine(value) === true;
      verdicts.add(said);
      expect(said).toBe(takes(check, value));
    }),
    { numRuns: 2000, seed: 20_261_126 },
  );
  expect(verdicts).toEqual(new Set([true, false]));
}

function takes(check: (value: unknown) => unknown, value: unknown): boolean {
  try {
    check(value);
    return true;
  } catch {
    // Its code is request.invalid; other tests see to that.
    return false;
  }
}
