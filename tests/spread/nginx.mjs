// SPDX-License-Identifier: ISC
// The web server before several machines, configured as docs/DEPLOY.md says.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child } from '../lib/child.mjs';

/* How soon the kernel gives up a connection to a machine that has gone, idle or not: within 3 s, since leases are short here, too. */
const kernel = { tcp_retries2: 3, tcp_keepalive_time: 1, tcp_keepalive_intvl: 1, tcp_keepalive_probes: 2 };

/** Sets that on MACHINE. */
export function watchConnections(machine) {
  const settings = Object.entries(kernel).map(([name, value]) => `echo ${value} >/proc/sys/net/ipv4/${name}`);
  const [program, ...args] = [...machine.prefix, 'sh', '-ec', settings.join('\n')];
  execFileSync(program, args, { stdio: 'pipe' });
}

const confOf = ({ dir, mount, addresses }) => `user root; daemon off; pid ${dir}/pid; error_log ${dir}/error.log;
events { worker_connections 4000; }
http { access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${dir}/${name};`).join(' ')}
  upstream rollcall {
    least_conn;
    ${addresses.map(address => `server ${address} max_fails=1 fail_timeout=2s;`).join('\n    ')}
    keepalive 64;
  }
  server { listen 80;
    location ${mount}/ {
      include /etc/nginx/fastcgi_params;
      fastcgi_split_path_info ^(${mount})(/.*)$;
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param PATH_INFO $fastcgi_path_info;
      fastcgi_keep_conn on;
      fastcgi_connect_timeout 1s;
      fastcgi_socket_keepalive on;
      fastcgi_next_upstream error timeout non_idempotent;
      fastcgi_read_timeout 60s;
      fastcgi_pass rollcall;
    } } }
`;

/** Starts nginx on MACHINE, port 80, with its files in DIR, before ADDRESSES. */
export function startNginx(machine, options) {
  const file = join(options.dir, 'nginx.conf');
  writeFileSync(file, confOf(options));
  return new Child([...machine.prefix, 'nginx', '-c', file], { log: join(options.dir, 'log'), cwd: options.dir });
}
