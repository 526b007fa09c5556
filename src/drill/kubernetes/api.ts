// The few calls to the Kubernetes API that a drill makes (https://kubernetes.io/docs/reference/using-api/): get, list, delete.
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { LastcallError, messageOf } from '../../base/errors.ts';
import type { ClusterAccess } from './config.ts';

const ANSWER_MS_MAX = 10_000;
const ANSWER_BYTES_MAX = 32 * 1024 * 1024;

export class KubernetesApi {
  readonly #access: ClusterAccess;
  readonly #agent: Agent | HttpAgent;

  constructor(access: ClusterAccess) {
    this.#access = access;
    const tls = {
      ...(access.ca === null ? {} : { ca: access.ca }),
      ...(access.certificate === null ? {} : { cert: access.certificate }),
      ...(access.key === null ? {} : { key: access.key }),
      rejectUnauthorized: access.checksCertificate,
    };
    this.#agent = access.server.startsWith('https:')
      ? new Agent({ keepAlive: true, ...tls })
      : new HttpAgent({ keepAlive: true });
  }

  /** The object, or null if there is none. @throws LastcallError for every other answer that is not 2xx */
  async get<Body>(path: string): Promise<Body | null> {
    const { status, body } = await this.#call('GET', path, null);
    if (status === 404) return null;
    return checked(status, body, path) as Body;
  }

  async delete(path: string, options: object): Promise<void> {
    const { status, body } = await this.#call('DELETE', path, options);
    if (status !== 404) checked(status, body, path);
  }

  close(): void {
    this.#agent.destroy();
  }

  #call(method: string, path: string, body: object | null): Promise<{ status: number; body: string }> {
    const { server, token } = this.#access;
    const ask = server.startsWith('https:') ? httpsRequest : httpRequest;
    const bytes = body === null ? '' : JSON.stringify(body);
    const headers = {
      accept: 'application/json',
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === null
        ? {} // Said, since Node leaves it out where a method has no body as a rule, such as DELETE.
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes) }),
    };
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void => reject(unreachable(server, error));
      const request = ask(
        `${server}${path}`,
        { method, headers, agent: this.#agent, timeout: ANSWER_MS_MAX },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (piece: string) => {
            text += piece;
            if (text.length > ANSWER_BYTES_MAX) answer.destroy(new Error('the answer is too long'));
          });
          answer.on('error', fail);
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
        },
      );
      request.on('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_MS_MAX} ms`)));
      request.on('error', fail);
      request.end(bytes);
    });
  }
}

function checked(status: number, body: string, path: string): unknown {
  if (status >= 200 && status < 300) return JSON.parse(body);
  throw new LastcallError(status === 401 || status === 403 ? 'usage' : 'dependency', {
    what: `the cluster answered ${status}: ${reasonIn(body)}`,
    on: path,
    todo:
      status === 403
        ? 'The rights that a drill needs are listed in docs/drill.md, "Kubernetes".'
        : 'See kubectl get events.',
  });
}

function reasonIn(body: string): string {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === 'string' ? message.slice(0, 300) : 'without a reason';
  } catch {
    return body.slice(0, 100);
  }
}

function unreachable(server: string, cause: unknown): LastcallError {
  return new LastcallError('dependency', {
    what: `the cluster cannot be reached: ${messageOf(cause)}`,
    on: server,
    todo: 'Check the server of the kubeconfig and its certificates.',
    cause,
  });
}
