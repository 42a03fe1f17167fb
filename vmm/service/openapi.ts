/** The API as an OpenAPI 3.1 document, made from the contract's table and the schemas that check and describe it. */
import { z } from 'zod';
import { type CallName, operations, pathParts, type StreamName } from '../contract/operations.ts';
import { CONTROL, MAX_CONTROL, MAX_PAYLOAD, STDERR, STDIN, STDOUT, WINDOW } from '../contract/stream.ts';
import { answers } from './answers.ts';
import { errorBody, serviceControl, serviceEvent } from './shapes.ts';
import { calls, clientControl, flag, streams } from './validate.ts';

type Json = Record<string, unknown>;

export function describeApi(version: string): Json {
  const components = new Components();
  const paths: Record<string, Json> = {};
  for (const [name, operation] of Object.entries(operations)) {
    const method = operation.kind === 'call' ? operation.method.toLowerCase() : 'get';
    const described =
      operation.kind === 'call'
        ? describeCall(name as CallName, components)
        : describeStream(name as StreamName, components);
    paths[operation.path] = { ...paths[operation.path], [method]: described };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'mvm',
      version,
      summary: 'Runs programs of other operating systems in microVMs',
      description: ABOUT,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: 'http://mvm', description: 'HTTP on the unix socket run/mvm.sock of MVM_HOME; the host is any' }],
    security: [],
    tags: [
      { name: 'calls', description: 'One request and its answer, JSON both ways' },
      { name: 'streams', description: 'One WebSocket each' },
    ],
    paths,
    components: {
      schemas: components.schemas,
      responses: {
        Error: {
          description: 'What went wrong, in the one shape that every failure has',
          content: { 'application/json': { schema: envelope(components.outgoing(errorBody)) } },
        },
      },
    },
  };
}

const ABOUT = `Sizes are bytes and times Unix milliseconds unless a field says otherwise. A machine is named by its name, \
its id or the start of its id. The socket is open to its owner alone, so there is no other authentication.`;

function describeCall(name: CallName, components: Components): Json {
  const { method, path, summary } = operations[name];
  const { inPath, rest } = divide(path, components.incoming(calls[name]));
  const inQuery = method === 'GET' || method === 'DELETE';
  const { properties = {}, required = [] } = rest as { properties?: Record<string, Json>; required?: string[] };
  // One of several shapes is always needed.
  const several = 'oneOf' in rest;
  return {
    operationId: name,
    tags: ['calls'],
    summary,
    parameters: [
      ...inPath.map(([field, schema]) => ({ name: field, in: 'path', required: true, schema })),
      ...(inQuery ? Object.entries(properties) : []).map(([field, schema]) => ({
        name: field,
        in: 'query',
        required: required.includes(field),
        schema,
      })),
    ],
    ...(!inQuery &&
      (several || Object.keys(properties).length > 0) && {
        requestBody: { required: several || required.length > 0, content: { 'application/json': { schema: rest } } },
      }),
    responses: {
      200: {
        description: 'Done',
        content: { 'application/json': { schema: components.outgoing(answers[name]) } },
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

/** OpenAPI knows no streams: what its words cannot say stands under `x-websocket`. */
function describeStream(name: StreamName, components: Components): Json {
  const { path, summary } = operations[name];
  const { inPath, rest } = divide(path, components.incoming(streams[name]));
  const { properties = {}, required = [] } = rest as { properties?: Record<string, Json>; required?: string[] };
  const parameter =
    (where: string) =>
    ([field, schema]: [string, Json]) => ({
      name: field,
      in: where,
      required: where === 'path' || required.includes(field),
      schema,
    });
  return {
    operationId: name,
    tags: ['streams'],
    summary,
    parameters: [...inPath.map(parameter('path')), ...Object.entries(properties).map(parameter('query'))],
    responses: {
      101: { description: 'The connection is a WebSocket (RFC 6455) from here on' },
      default: { $ref: '#/components/responses/Error' },
    },
    'x-websocket': name === 'events' ? eventsProtocol(components) : frameProtocol(components),
  };
}

const eventsProtocol = (components: Components): Json => ({
  framing: 'One JSON text a message, from the service alone',
  serviceMessage: components.outgoing(serviceEvent),
});

const frameProtocol = (components: Components): Json => ({
  framing: 'Binary messages: one byte that names the channel, then the payload',
  channels: { control: CONTROL, stdin: STDIN, stdout: STDOUT, stderr: STDERR },
  limits: { controlBytes: MAX_CONTROL, payloadBytes: MAX_PAYLOAD, windowBytes: WINDOW },
  rules: [
    'A control message is JSON. A frame without payload closes its channel.',
    'Who receives a channel grants credit for its bytes first; without credit nothing is sent.',
    'An error control message comes before the connection is closed with code 1011. What breaks the rules of WebSocket itself is closed with the codes of RFC 6455.',
  ],
  clientMessage: components.incoming(clientControl),
  serviceMessage: components.outgoing(serviceControl),
});

const envelope = (error: Json): Json => ({
  type: 'object',
  properties: { error },
  required: ['error'],
  additionalProperties: false,
});

/** The fields of an input that stand in the path, and what is left of it. */
function divide(path: string, input: Json): { inPath: [string, Json][]; rest: Json } {
  const {
    properties = {},
    required = [],
    ...rest
  } = input as { properties?: Record<string, Json>; required?: string[] };
  const names = pathParts(path).flatMap((part) => ('parameter' in part ? [part.parameter] : []));
  const left = Object.entries(properties).filter(([field]) => !names.includes(field));
  return {
    inPath: names.map((field) => [field, properties[field] ?? {}]),
    rest: {
      ...rest,
      properties: Object.fromEntries(left),
      required: required.filter((field) => !names.includes(field)),
    },
  };
}

/** Schemas that have a name are told once, and referred to. */
class Components {
  readonly schemas: Record<string, Json> = {};

  incoming(schema: z.ZodType): Json {
    return this.#jsonSchema(schema, 'input');
  }

  outgoing(schema: z.ZodType): Json {
    return this.#jsonSchema(schema, 'output');
  }

  #jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
    const options = { io, override: asSwitch } as const;
    // In a list, so that a named schema is referred to even when it is the whole.
    const { $defs = {}, items } = moved(z.toJSONSchema(z.array(schema), options)) as { $defs?: Json; items: Json };
    for (const [id, definition] of Object.entries($defs)) {
      const known = this.schemas[id];
      if (known && JSON.stringify(known) !== JSON.stringify(definition))
        throw new Error(`two schemas are called ${id}`);
      this.schemas[id] = definition as Json;
    }
    return items;
  }
}

/** zod collects them in the schema, OpenAPI in the document. */
const moved = (schema: unknown): unknown =>
  JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/'));

/** A switch in a query is text that looks like one. */
function asSwitch({ zodSchema, jsonSchema }: { zodSchema: unknown; jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  if (zodSchema !== flag) return;
  delete jsonSchema.anyOf;
  jsonSchema.type = 'boolean';
}
