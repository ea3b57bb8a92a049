# Broken: Varnish waits for the end of the response. No head arrives.
vcl 4.1;

backend desk1 {
  .host = "127.0.0.1";
  .port = "8080";
}

sub vcl_recv {
  return (pass);
}
sub vcl_backend_response {
  set beresp.do_stream = false;
}
