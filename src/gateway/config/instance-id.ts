// The id of an instance: its own name, or `MODEL/VERSION/HOST:PORT`, which is unique unless somebody names it twice.
export function instanceId(
  model: string,
  version: string,
  instance: { readonly url: string; readonly name?: string | undefined },
): string {
  return instance.name ?? `${model}/${version}/${hostAndPort(instance.url)}`;
}

function hostAndPort(url: string): string {
  const { hostname, port, protocol } = new URL(url);
  return `${hostname}:${port || (protocol === 'https:' ? '443' : '80')}`;
}
