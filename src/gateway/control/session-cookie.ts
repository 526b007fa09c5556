// Our own sticky cookie: the instance that a client was with and its cohort, signed, so that nobody can pick an instance
// or a version by writing one. What does not verify is no cookie; the client is then somebody new.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileDurablySync } from '../../base/files/index.ts';
import type { CookieSession } from '../core/plan.ts';
import type { CookieRules } from '../config/compile.ts';

/** 128 bits are enough for what a forged cookie could gain. */
const SIGNATURE_BYTES = 16;
const SECRET_BYTES = 32;
const COOKIE_LENGTH_MAX = 512;
const VERIFIED_MAX = 10_000;

export class SessionCookies {
  readonly #secret: Buffer;
  /** Cookies come again with every request. */
  readonly #verified = new Map<string, CookieSession>();

  /** @param secret at least 32 bytes */
  constructor(secret: Buffer) {
    this.#secret = secret;
  }

  /** @param model a cookie of another model is none of this one */
  read(model: string, value: string): CookieSession | null {
    if (value === '' || value.length > COOKIE_LENGTH_MAX) return null;
    const key = `${model} ${value}`;
    const known = this.#verified.get(key);
    if (known) return known;
    const session = this.#verify(model, value);
    if (session === null) return null;
    if (this.#verified.size >= VERIFIED_MAX) this.#verified.clear();
    this.#verified.set(key, session);
    return session;
  }

  write(model: string, session: CookieSession, { name, secure, sameSite, maxAgeMs }: CookieRules): string {
    const text = `${session.cohort.toString(16)}.${Buffer.from(session.instance).toString('base64url')}`;
    const value = `${text}.${this.#sign(model, text).toString('base64url')}`;
    const age = maxAgeMs === null ? '' : `; Max-Age=${Math.ceil(maxAgeMs / 1_000)}`;
    // SameSite=None without Secure is ignored by browsers.
    const isSecure = secure || sameSite === 'None';
    return `${name}=${value}; Path=/; HttpOnly${isSecure ? '; Secure' : ''}; SameSite=${sameSite}${age}`;
  }

  #verify(model: string, value: string): CookieSession | null {
    const dot = value.lastIndexOf('.');
    const text = value.slice(0, dot);
    const given = Buffer.from(value.slice(dot + 1), 'base64url');
    const wanted = this.#sign(model, text);
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return null;
    const [cohort, instance] = text.split('.');
    return { cohort: Number.parseInt(cohort!, 16), instance: Buffer.from(instance!, 'base64url').toString() };
  }

  #sign(model: string, text: string): Buffer {
    return createHmac('sha256', this.#secret).update(`${model}\0${text}`).digest().subarray(0, SIGNATURE_BYTES);
  }
}

/** The secret of this directory, made at the first start: cookies stay good over restarts. */
export function readSecret(directory: string): Buffer {
  const path = join(directory, 'cookie.secret');
  try {
    const known = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64');
    if (known.length >= SECRET_BYTES) return known;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const secret = randomBytes(SECRET_BYTES);
  writeFileDurablySync(path, `${secret.toString('base64')}\n`);
  return secret;
}
