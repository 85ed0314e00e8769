use strict;
use warnings;

use Test::More;

use Apache::Session::MemcachedSOAP;

my %ids;
for ( 1 .. 100 ) {
    my $session = { data => {} };
    Apache::Session::Generate::MemcachedSOAP::generate($session);
    ok( eval { Apache::Session::Generate::MemcachedSOAP::validate($session); 1 }, 'a new id is valid' );
    $ids{ $session->{data}{_session_id} } = 1;
}
is( keys %ids, 100, 'new ids differ' );
for my $wrong ( undef, '', 'deadbeef', 'A' x 32, 'a' x 31, 'a' x 65, 'g' x 32, ( 'a' x 32 ) . "\n", '../../etc/passwd' )
{
    ok( !eval { Apache::Session::Generate::MemcachedSOAP::validate( { data => { _session_id => $wrong } } ); 1 },
        'a wrong id' );
    like( $@, qr/^Invalid session ID at/, 'is refused, and not shown' );
}
for my $option (qw(colour urls)) {
    ok( !eval { tie my %session, 'Apache::Session::MemcachedSOAP', undef, { $option => 1 }; 1 },
        'an unknown option is an error' );
    like( $@, qr/\Q$option/, 'which names it' );
}

done_testing;
