use strict;
use warnings;

use Test::More;

use CGI::Session;
use CGI::Session::Driver::memcachedsoap;
use CGI::Session::ID::memcachedsoap;
use CGI::Session::Serialize::memcachedsoap;

like( CGI::Session::ID::memcachedsoap->generate_id, qr/\A[0-9a-f]{32}\z/, 'an id' );
isnt(
    CGI::Session::ID::memcachedsoap->generate_id,
    CGI::Session::ID::memcachedsoap->generate_id,
    'another one each time'
);

my $serializer = 'CGI::Session::Serialize::memcachedsoap';
my $data       = { a => [1] };
my $place      = $serializer->offer($data);
is( $serializer->thaw("$place"), $data, 'content is taken from its place' );
is( $serializer->thaw($place),   undef, 'once' );
like( $serializer->errstr, qr/use driver:memcachedsoap/, 'an error says what to do' );

my $dsn = 'driver:memcachedsoap;serializer:memcachedsoap;id:memcachedsoap';
ok( !eval { CGI::Session->new( $dsn, 'a' x 32, { colour => 1 } ); 1 }, 'an unknown option is an error' );
like( $@, qr/unknown option colour/, 'which names it' );

done_testing;
