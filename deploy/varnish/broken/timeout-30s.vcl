# Broken unless a heartbeat comes more often: Varnish cuts a stream that is quiet for 30 s.
vcl 4.1;

backend desk1 {
  .host = "127.0.0.1";
  .port = "8080";
  .between_bytes_timeout = 30s;
}

sub vcl_recv {
  return (pass);
}
