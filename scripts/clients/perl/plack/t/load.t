use strict;
use warnings;

use Test::More;

use_ok($_)
    for
    qw(Plack::Session::Store::MemcachedSOAP Plack::Middleware::Session::MemcachedSOAP Plack::Middleware::Auth::MemcachedSOAP);
my $app = Plack::Middleware::Auth::MemcachedSOAP->new( app => sub { [ 200, [], [] ] } )->to_app;
ok( !eval { $app->( {} ); 1 }, 'the login needs a session' );
like( $@, qr/needs the middleware of sessions/, 'and says so' );

done_testing;
