// How many connections the health port holds, and who has to go when there are too many. A new connection always gets in,
// since it may be the probe that decides whether the unit lives: the oldest one of the peer that holds the most is closed
// for it. So nobody who merely holds connections open keeps others from asking.
import type { Server } from 'node:http';
import type { Socket } from 'node:net';

/** Most connections at once; a scraper or two, a kubelet and a load balancer need a dozen. */
export const CONNECTIONS_MAX = 256;

/** Keeps the connections of a server within `most`. */
export function boundConnections(server: Server, most = CONNECTIONS_MAX): void {
  /** By address, oldest first. */
  const peers = new Map<string, Set<Socket>>();
  let open = 0;
  server.on('connection', (socket) => {
    const peer = socket.remoteAddress ?? '';
    const ofPeer = peers.get(peer) ?? new Set();
    peers.set(peer, ofPeer.add(socket));
    open += 1;
    socket.once('close', () => {
      open -= 1;
      ofPeer.delete(socket);
      if (ofPeer.size === 0 && peers.get(peer) === ofPeer) peers.delete(peer);
    });
    if (open > most) oldestOfBusiest(peers)?.destroy();
  });
}

function oldestOfBusiest(peers: ReadonlyMap<string, ReadonlySet<Socket>>): Socket | undefined {
  let busiest: ReadonlySet<Socket> = new Set();
  for (const sockets of peers.values()) if (sockets.size > busiest.size) busiest = sockets;
  for (const socket of busiest) if (!socket.destroyed) return socket;
  return undefined;
}
