# Broken: Varnish compresses the stream, and holds it back until there is enough to compress.
vcl 4.1;

backend desk1 {
  .host = "127.0.0.1";
  .port = "8080";
}

sub vcl_recv {
  return (pass);
}
sub vcl_backend_response {
  if (beresp.http.Content-Type ~ "text") {
    set beresp.do_gzip = true;
  }
}
