# Varnish in front of two processes of the desk. docs/proxies/varnish.md explains each setting; `npm run test:proxies`
# runs this file, hitch.conf and the command of varnish.service. Adapt the addresses of the processes.
vcl 4.1;

import directors;
import std;

# A process that drains is not ready, and gets no new requests.
probe ready {
  .url = "/health/ready";
  .interval = 500ms;
  .window = 1;
  .threshold = 1;
  .initial = 1;
}
# The heartbeat of a stream, by default every 15 s, must be more frequent than between_bytes_timeout and pipe_timeout.
backend desk1 {
  .host = "127.0.0.1";
  .port = "8080";
  .probe = ready;
  .between_bytes_timeout = 60s;
}
backend desk2 {
  .host = "127.0.0.1";
  .port = "8081";
  .probe = ready;
  .between_bytes_timeout = 60s;
}
sub vcl_init {
  new desk = directors.round_robin();
  desk.add_backend(desk1);
  desk.add_backend(desk2);
}

sub vcl_recv {
  set req.backend_hint = desk.backend();
  # Requests for streams. Without `pipe` or `pass`, Varnish replaces Accept-Encoding: a client without
  # gzip receives nothing of a stream that the process compresses.
  if (req.method == "GET" && req.http.Accept ~ "text/event-stream") {
    # A pipe notices at once that its client has left. HTTP/2 has none. If no process is ready, only `pass` ends in
    # vcl_backend_error.
    if (req.proto == "HTTP/1.1" && std.healthy(req.backend_hint)) {
      return (pipe);
    }
    return (pass);
  }
}

sub vcl_backend_response {
  # Until Varnish has noticed that a process drains, the other process takes the request.
  if (beresp.status >= 502 && beresp.status <= 504 && bereq.http.Accept == "text/event-stream") {
    if (bereq.retries < 2) {
      return (retry);
    }
    return (error(503));
  }
}

sub vcl_backend_error {
  # An EventSource that receives an error gives up for good. This one comes back after two to three seconds.
  if (bereq.method == "GET" && bereq.http.Accept == "text/event-stream") {
    if (bereq.retries < 2) {
      return (retry);
    }
    set beresp.status = 200;
    set beresp.http.Content-Type = "text/event-stream";
    set beresp.http.Cache-Control = "no-store";
    set beresp.body = "retry: " + std.integer(real=std.random(2000, 3000)) + {"

"};
    return (deliver);
  }
}
