# Broken: Varnish caches the stream. The second client receives the events of the first.
vcl 4.1;

backend desk1 {
  .host = "127.0.0.1";
  .port = "8080";
}

sub vcl_recv {
  return (hash);
}
sub vcl_backend_response {
  unset beresp.http.Set-Cookie;
  set beresp.ttl = 10m;
  return (deliver);
}
