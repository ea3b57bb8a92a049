import type { PlacedFile, ProxyKind } from "./proxy-process.ts";

/** Returns the replacements of the ports of both processes. */
const desksOf = ([first, second]: readonly [number, number]) => ({
  "127.0.0.1:8080": `127.0.0.1:${first}`,
  "127.0.0.1:8081": `127.0.0.1:${second}`,
});

export const NGINX: ProxyKind = {
  name: "nginx",
  program: "nginx",
  files: ["nginx/nginx.conf"],
  replacements: ({ http, https, desks, certificate, folder }) => ({
    ...desksOf(desks),
    "listen 80;": `listen 127.0.0.1:${http};`,
    "listen 443 ": `listen 127.0.0.1:${https} `,
    "/etc/sluice/certificate.pem": certificate,
    "/etc/sluice/key.pem": certificate,
    "/var/log/nginx": folder,
  }),
  commands: ([file], { folder }) => [
    ["nginx", "-p", folder, "-e", "stderr", "-c", file!.path, "-g", "daemon off; pid nginx.pid;"],
  ],
};

export const HAPROXY: ProxyKind = {
  name: "HAProxy",
  program: "haproxy",
  files: ["haproxy/haproxy.cfg"],
  replacements: ({ http, https, desks, certificate }) => ({
    ...desksOf(desks),
    "bind :80\n": `bind 127.0.0.1:${http}\n`,
    "bind :443 ": `bind 127.0.0.1:${https} `,
    "/etc/sluice/certificate-and-key.pem": certificate,
  }),
  commands: ([file]) => [["haproxy", "-db", "-f", file!.path]],
};

export const CADDY: ProxyKind = {
  name: "Caddy",
  program: "caddy",
  files: ["caddy/Caddyfile"],
  replacements: ({ http, https, inner, desks, certificate }) => ({
    ...desksOf(desks),
    "http_port 80": `http_port ${http}`,
    "https_port 443": `https_port ${https}`,
    "localhost:2019": `localhost:${inner}`,
    "/etc/sluice/certificate.pem": certificate,
    "/etc/sluice/key.pem": certificate,
  }),
  commands: ([file]) => [["caddy", "run", "--adapter", "caddyfile", "--config", file!.path]],
};

export const APACHE: ProxyKind = {
  name: "Apache",
  program: "apache2",
  files: ["apache/httpd.conf", "apache/retry.asis"],
  replacements: ({ http, https, desks, certificate, folder }) => ({
    ...desksOf(desks),
    "Listen 80\n": `Listen 127.0.0.1:${http}\n`,
    "Listen 443\n": `Listen 127.0.0.1:${https}\n`,
    "*:443": `*:${https}`,
    "/etc/sluice/certificate.pem": certificate,
    "/etc/sluice/key.pem": certificate,
    "/etc/sluice/retry.asis": `${folder}/retry.asis`,
    "/var/lib/apache2": folder,
    "/run/apache2": folder,
    "/var/log/apache2": folder,
  }),
  commands: ([file]) => [["apache2", "-D", "FOREGROUND", "-f", file!.path]],
};

export const VARNISH: ProxyKind = {
  name: "Varnish",
  program: "varnishd",
  files: ["varnish/default.vcl", "varnish/varnish.service", "varnish/hitch.conf"],
  replacements: ({ http, https, inner, desks: [first, second], certificate, folder }) => ({
    '"8080"': `"${first}"`,
    '"8081"': `"${second}"`,
    "-a :80 ": `-a 127.0.0.1:${http} `,
    "127.0.0.1:8443,PROXY": `127.0.0.1:${inner},PROXY`,
    "[127.0.0.1]:8443": `[127.0.0.1]:${inner}`,
    "[*]:443": `[127.0.0.1]:${https}`,
    "/etc/sluice/certificate-and-key.pem": certificate,
    "/etc/varnish": folder,
  }),
  commands: ([, unit, hitch], { folder }) => [
    ["varnishd", ...commandOf(unit!), "-n", `${folder}/varnish`],
    ["hitch", "--config", hitch!.path],
  ],
};

export const TRAEFIK: ProxyKind = {
  name: "Traefik",
  program: "traefik",
  files: ["traefik/traefik.yaml", "traefik/dynamic.yaml"],
  replacements: ({ http, https, desks, certificate, folder }) => ({
    ...desksOf(desks),
    '":80"': `"127.0.0.1:${http}"`,
    '":443"': `"127.0.0.1:${https}"`,
    "/etc/sluice/certificate.pem": certificate,
    "/etc/sluice/key.pem": certificate,
    "/etc/traefik": folder,
  }),
  commands: ([file]) => [["traefik", `--configFile=${file!.path}`]],
  startsWithoutRoutes: true,
};

/** Envoy, whose shipped file has no port without TLS. */
export const ENVOY: ProxyKind = {
  name: "Envoy",
  program: "envoy",
  files: ["envoy/envoy.yaml"],
  replacements: ({ https, desks: [first, second], certificate }) => ({
    "address: 0.0.0.0": "address: 127.0.0.1",
    "port_value: 443 }": `port_value: ${https} }`,
    "port_value: 8080 }": `port_value: ${first} }`,
    "port_value: 8081 }": `port_value: ${second} }`,
    "/etc/sluice/certificate.pem": certificate,
    "/etc/sluice/key.pem": certificate,
  }),
  // Without hot restart, several processes may run at once.
  commands: ([file]) => [["envoy", "-c", file!.path, "--disable-hot-restart", "--log-level", "warn"]],
};

/** Returns the arguments of the command line in a unit of systemd. */
function commandOf({ text }: PlacedFile): string[] {
  const line = /^ExecStart=(\S+ .+)$/m.exec(text)?.[1];
  if (line === undefined) throw new Error("The unit has no command.");
  return line.split(" ").slice(1);
}
