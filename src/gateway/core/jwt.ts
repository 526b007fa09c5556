// A claim of a bearer token (RFC 7519), read and not verified: it only says which cohort a user belongs to, and whoever
// forges one moves nobody but himself. The model server behind verifies.

const TOKEN_LENGTH_MAX = 8_192;

/** The claim as text, or the empty text. @param authorization the header */
export function claimOf(authorization: string, claim: string): string {
  if (authorization.length > TOKEN_LENGTH_MAX || !/^bearer /i.test(authorization)) return '';
  const payload = authorization.slice(7).trim().split('.')[1];
  if (payload === undefined) return '';
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll('-', '+').replaceAll('_', '/')), (char) =>
      char.charCodeAt(0),
    );
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (typeof claims !== 'object' || claims === null || !Object.hasOwn(claims, claim)) return '';
    const value = (claims as Record<string, unknown>)[claim];
    return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
  } catch {
    return ''; // not a token
  }
}
