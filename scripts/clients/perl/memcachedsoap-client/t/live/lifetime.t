use strict;
use warnings;

use Test::More;

use MemcachedSOAP::Store;
use MemcachedSOAP::Values;

my $url     = $ENV{SOAP_URL} or die "SOAP_URL is not set\n";
my %common  = ( url => $url, prefix => 'shop', timeout => 10 );
my $limited = MemcachedSOAP::Store->new( %common, ttl => 100,  lifetime => 50 );
my $longer  = MemcachedSOAP::Store->new( %common, ttl => 1000, lifetime => 500 );
my $plain   = MemcachedSOAP::Store->new( %common, ttl => 2000 );

sub seconds {
    my ($id) = @_;
    my $session = MemcachedSOAP::Client->new( url => $url, timeout => 10 )->get_session( id => $id );
    return ( MemcachedSOAP::Values::elements( $session, 'expiresIn' ) )[0]->textContent;
}

my $record = $limited->create;
$record->data->{a} = 1;
$record->write;
cmp_ok( seconds( $record->id ), '<=', 50, 'a new session has a lifetime' );
my $page = $plain->read( $record->id );
cmp_ok( seconds( $record->id ), '<=', 50, 'which reading does not extend' );
$page->data->{b} = 1;
$page->write;
cmp_ok( seconds( $record->id ), '<=', 50, 'nor does a change' );

my $login = $longer->read( $record->id );
$login->rename;
cmp_ok( seconds( $login->id ), '<=', 50, 'nor does a new id' );
ok( $login->write, 'but a login begins a new lifetime, also without a change' );
$plain->read( $login->id );
cmp_ok( seconds( $login->id ), '>',  400, 'which is longer' );
cmp_ok( seconds( $login->id ), '<=', 500, 'and ends, too' );
ok( !$login->write, 'it is sent once' );
$login->remove;

done_testing;
