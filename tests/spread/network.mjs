// SPDX-License-Identifier: ISC
// Machines of a test's own: network namespaces on a switch, which is a bridge in a namespace of its own. This process is on it too,
// at .here. A machine can be taken off the switch: what is sent to it, and what it sends, is then lost without a word.
import { execFileSync, spawnSync } from 'node:child_process';

const sh = (...argv) => execFileSync(argv[0], argv.slice(1), { stdio: 'pipe' });
const inside = (name, ...argv) => sh('ip', 'netns', 'exec', name, ...argv);
const lines = (...argv) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' });

/** Why no such machines can be made here, or null. */
export function whyNoMachines() {
  if (process.getuid() !== 0) return 'network namespaces are for root';
  const name = `rollcall-${process.pid}-try`;
  const tries = [['netns', 'add', name], ['-n', name, 'link', 'add', 'switch', 'type', 'bridge'], ['netns', 'del', name]];
  const works = tries.map(words => spawnSync('ip', words).status === 0);
  return works.every(Boolean) ? null : 'network namespaces with a bridge cannot be made here';
}

class Machine {
  constructor(network, name, number) {
    this.network = network;
    this.name = name;
    this.host = `${network.net}.${number}`;
    this.namespace = `${network.prefix}-${name}`;
    /** What comes before a command that is to run on it. */
    this.prefix = ['ip', 'netns', 'exec', this.namespace];
    sh('ip', 'netns', 'add', this.namespace);
    inside(this.namespace, 'ip', 'link', 'set', 'lo', 'up');
    network.plug(name, this.host, this.namespace);
  }

  /** Takes it off the switch; nobody is told. */
  cutOff() {
    inside(this.network.switch, 'ip', 'link', 'set', this.name, 'nomaster');
  }

  reconnect() {
    inside(this.network.switch, 'ip', 'link', 'set', this.name, 'master', 'switch');
  }
}

/* A network of 198.18.0.0/15, which is for tests (RFC 2544), that no interface of this machine has. */
function freeNet() {
  const taken = lines('ip', '-o', '-4', 'addr');
  for (let i = process.pid; ; i++) {
    const net = `198.${18 + ((i >> 8) & 1)}.${i & 255}`;
    if (!taken.includes(` ${net}.`)) return net;
  }
}

export class Network {
  constructor() {
    this.prefix = `rollcall-${process.pid}`;
    this.switch = `${this.prefix}-switch`;
    this.net = freeNet();
    this.here = `${this.net}.254`;
    this.machines = [];
    process.on('exit', () => this.close());
    sh('ip', 'netns', 'add', this.switch);
    inside(this.switch, 'ip', 'link', 'add', 'switch', 'type', 'bridge');
    inside(this.switch, 'ip', 'link', 'set', 'switch', 'up');
    this.plug('here', this.here);
  }

  /* An interface with address HOST in NAMESPACE, or in this one, at port NAME of the switch. */
  plug(name, host, namespace) {
    const end = `rc${process.pid}${namespace ? 'm' : 'h'}`;
    sh('ip', 'link', 'add', end, 'type', 'veth', 'peer', 'name', name, 'netns', this.switch);
    if (namespace) sh('ip', 'link', 'set', end, 'netns', namespace);
    const here = (...words) => (namespace ? inside(namespace, ...words) : sh(...words));
    here('ip', 'addr', 'add', `${host}/24`, 'dev', end);
    here('ip', 'link', 'set', end, 'up');
    inside(this.switch, 'ip', 'link', 'set', name, 'master', 'switch', 'up');
  }

  /** A new machine NAME. */
  add(name) {
    const machine = new Machine(this, name, this.machines.length + 1);
    this.machines.push(machine);
    return machine;
  }

  /** Takes all down; what still runs there has no network then. */
  close() {
    for (const { namespace } of this.machines.splice(0)) spawnSync('ip', ['netns', 'del', namespace]);
    spawnSync('ip', ['netns', 'del', this.switch]);
  }
}
