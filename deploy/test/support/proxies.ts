import type { ProxyKind } from "./proxy-process.ts";

/** Returns the replacements of the ports of both processes. */
const desksOf = ([first, second]: readonly [number, number]) => ({
  "127.0.0.1:8080": `127.0.0.1:${first}`,
  "127.0.0.1:8081": `127.0.0.1:${second}`,
});

export const NGINX: ProxyKind = {
  name: "nginx",
  program: "nginx",
  file: "nginx/nginx.conf",
  replacements: ({ http, https, desks, certificate, folder }) => ({
    ...desksOf(desks),
    "listen 80;": `listen 127.0.0.1:${http};`,
    "listen 443 ": `listen 127.0.0.1:${https} `,
    "/etc/sluice/certificate.pem": certificate,
    "/etc/sluice/key.pem": certificate,
    "/var/log/nginx": folder,
  }),
  args: (file, { folder }) => ["-p", folder, "-e", "stderr", "-c", file, "-g", "daemon off; pid nginx.pid;"],
};

export const HAPROXY: ProxyKind = {
  name: "HAProxy",
  program: "haproxy",
  file: "haproxy/haproxy.cfg",
  replacements: ({ http, https, desks, certificate }) => ({
    ...desksOf(desks),
    "bind :80\n": `bind 127.0.0.1:${http}\n`,
    "bind :443 ": `bind 127.0.0.1:${https} `,
    "/etc/sluice/certificate-and-key.pem": certificate,
  }),
  args: (file) => ["-db", "-f", file],
};
