// SPDX-License-Identifier: ISC
// Redis on several machines, as docs/DEPLOY.md says: a Redis Cluster, or Sentinel with TLS everywhere. Each is
//   url              what rollcall.conf says
//   masterOf(ws)     the node that has workspace WS; .machine is where it runs
//   pids()           of those that serve
//   stop()
// and what it is made of: cluster; or watched and dir.
import { Authority } from '../lib/certificates.mjs';
import { startCluster } from '../lib/cluster.mjs';
import { master, startWatched, tell } from '../lib/sentinels.mjs';

async function cluster(machines) {
  const made = await startCluster({ machines });
  return {
    url: made.url,
    cluster: made,
    masterOf: async ws => made.masterOf(await made.partitionOf(ws)),
    pids: () => made.nodes.filter(node => node.isAlive).map(({ child }) => child.pid),
    stop: () => made.stop(),
  };
}

const secrets = { password: 'd@ta', sentinelPassword: 's@nt' };

async function sentinel(machines, dir) {
  const authority = new Authority(dir);
  const tls = { ca: authority.ca, ...authority.sign('node', machines.map(({ host }) => `IP:${host}`).join(',')) };
  const watched = await startWatched({ machines, tls, ...secrets });
  const { nodes, sentinels } = watched;
  const hosts = sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
  const query = `master=${encodeURIComponent(master)}&sentinel_password=s%40nt&tls=yes&sentinel_tls=yes&ca=${tls.ca}`;
  return {
    url: `redis-sentinel://:d%40ta@${hosts}/0?${query}`,
    watched,
    masterOf: async () => {
      for (const node of nodes) if ((await tell(node, 'ROLE').catch(() => []))[0] === 'master') return node;
      throw new Error('neither is the master');
    },
    pids: () => nodes.map(({ pid }) => pid),
    stop: () => watched.stop(),
  };
}

export const topologies = { cluster, sentinel };
