/** `session.defaultSession`: what the app decides about permissions, for the test to ask. */
import { EventEmitter } from 'node:events';

type RequestHandler = (page: unknown, permission: string, answer: (permitted: boolean) => void) => void;
type CheckHandler = (page: unknown, permission: string, origin: string) => boolean;

class Session extends EventEmitter {
  onRequest: RequestHandler | null = null;
  onCheck: CheckHandler | null = null;

  setPermissionRequestHandler(handler: RequestHandler): void {
    this.onRequest = handler;
  }

  setPermissionCheckHandler(handler: CheckHandler): void {
    this.onCheck = handler;
  }
}

export const session = { defaultSession: new Session() };
