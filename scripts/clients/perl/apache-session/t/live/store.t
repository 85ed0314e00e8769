use strict;
use warnings;

# The cases of the tests of Apache::Session's own stores.

use Test::More;

use Apache::Session::Store::MemcachedSOAP;
use MemcachedSOAP::Store;

my $url = $ENV{SOAP_URL} or die "SOAP_URL is not set\n";

sub session {
    my ( $id, %data ) = @_;
    return {
        args => { url         => $url, timeout => 10, LockDirectory => '/nowhere' },
        data => { _session_id => $id,  %data }
    };
}
sub store { return Apache::Session::Store::MemcachedSOAP->new( $_[0] ) }

my $id    = MemcachedSOAP::Store::new_id();
my $first = session( $id, a => 1 );
my $store = store($first);
$store->insert($first);

my $again = session( $id, a => 2 );
ok( !eval { store($again)->insert($again); 1 }, 'a session that is there is not inserted' );
like( $@, qr/^Object already exists in the data store/, 'with the text of Apache::Session' );

my $read   = session($id);
my $reader = store($read);
$reader->materialize($read);
is_deeply( $read->{data}, { _session_id => $id, a => 1 }, 'what was inserted is read' );
$read->{data}{b} = [2];
$reader->update($read);
$reader->close;
my $second = session($id);
store($second)->materialize($second);
is_deeply( $second->{data}, { _session_id => $id, a => 1, b => [2] }, 'and what was updated' );

store( session($id) )->remove( session($id) );
for my $method (qw(materialize remove)) {
    my $absent = session($id);
    ok( !eval { store($absent)->$method($absent); 1 }, "$method of a session that is not there" );
    like( $@, qr/^Object does not exist in the data store/, 'dies with the text of Apache::Session' );
}

done_testing;
