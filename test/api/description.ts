/** The running service's own description of its API, and judges made from it. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import type { World } from '../world.ts';

type Json = Record<string, unknown>;

export interface Described {
  operationId: string;
  parameters: { name: string; in: string; required: boolean; schema: Json }[];
  requestBody?: { required: boolean; content: { 'application/json': { schema: Json } } };
  responses: Record<string, { content: { 'application/json': { schema: Json } } }>;
  'x-websocket'?: { serviceMessage: Json; clientMessage?: Json };
}

export interface ApiDocument {
  openapi: string;
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Json>; responses: Record<string, { content: Json }> };
}

export class Description {
  readonly document: ApiDocument;
  readonly operations: Map<string, { method: string; path: string; described: Described }>;
  readonly #ajv = new Ajv2020({
    allErrors: true,
    strict: true,
    strictTypes: false,
    formats: { ipv4: true, ipv6: true },
  });

  static async of(w: World): Promise<Description> {
    return new Description((await w.api('GET', '/v1/openapi.json')).body as ApiDocument);
  }

  constructor(document: ApiDocument) {
    this.document = document;
    this.#ajv.addVocabulary(['openapi', 'info', 'servers', 'security', 'tags', 'paths', 'components']);
    this.#ajv.addSchema(document, 'api');
    this.operations = new Map(
      Object.entries(document.paths).flatMap(([path, methods]) =>
        Object.entries(methods).map(([method, described]) => [described.operationId, { method, path, described }]),
      ),
    );
  }

  /** What is wrong with an answer, by the description; empty for nothing. */
  complaints(operationId: string, { status, body }: { status: number; body: unknown }): string[] {
    const { method, path } = this.#operation(operationId);
    const place = `paths/${escaped(path)}/${method}/responses/${status}`;
    return this.#judge(status === 200 ? place : 'components/responses/Error', 'content/application~1json/schema', body);
  }

  requestComplaints(operationId: string, body: unknown): string[] {
    const { method, path, described } = this.#operation(operationId);
    if (body === undefined) return described.requestBody?.required ? ['it needs a body'] : [];
    if (!described.requestBody) return ['it takes no body'];
    return this.#judge(`paths/${escaped(path)}/${method}/requestBody`, 'content/application~1json/schema', body);
  }

  /** Of a stream's message. */
  messageComplaints(operationId: string, side: 'serviceMessage' | 'clientMessage', message: unknown): string[] {
    const { method, path } = this.#operation(operationId);
    return this.#judge(`paths/${escaped(path)}/${method}/x-websocket`, side, message);
  }

  #operation(operationId: string): { method: string; path: string; described: Described } {
    const found = this.operations.get(operationId);
    if (!found) throw new Error(`the document does not describe ${operationId}`);
    return found;
  }

  #judge(place: string, schema: string, value: unknown): string[] {
    const judge = this.#ajv.getSchema(`api#/${place}/${schema}`) as ValidateFunction | undefined;
    if (!judge) throw new Error(`there is no schema at ${place}/${schema}`);
    return judge(value) ? [] : (judge.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  }
}

const escaped = (path: string): string =>
  path.replaceAll('~', '~0').replaceAll('/', '~1').replaceAll('{', '%7B').replaceAll('}', '%7D');
