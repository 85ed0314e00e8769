# Checks that the service answers wrong calls of CGI programs with faults.
# Usage: cgi-faults.pl ENDPOINT SERVER,... ENDPOINT-OF-SERVICE-WITHOUT-STORE...
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Cache::Memcached;
use Digest::MD5 qw(md5_hex);
use Fixture;
use SOAP::Lite;

my ( $endpoint, $servers, @without_store ) = @ARGV;
my $cache  = Cache::Memcached->new( { servers => [ split /,/, $servers ] } );
my $victim = { _session_id => 'ab12', uid => 'dwho', bytes => "\xe9\x00" };
$cache->set( 'ab12', $victim, 3600 )            or die "not stored\n";
$cache->set( md5_hex('dwho'), 'ab12', 3600 )    or die "not stored\n";
$cache->set( 'bad1', [ 'no', 'hash' ], 3600 )   or die "not stored\n";
my $stored = stored();

my @bad_ids = (
    '../etc', 'xyz', 'ab12 ', "ab12\n\n", 'ab12\'', 'a' x 65, "\xe9", { id => 'ab12' }, ['ab12'],
    "x 0 0 1\r\nA\r\nset pwned 0 0 1\r\nB", "ab12\r\ndelete ab12",
);
for my $id (@bad_ids) {
    fault( 'soap:Server', qr/^Invalid session ID: /, $endpoint, getSession => $id );
    fault( 'soap:Server', qr/^Invalid session ID: /, $endpoint, setSession => _session_id => $id, uid => 'x' );
}
fault( 'soap:Server', qr/^Invalid session ID: /, $endpoint, setSession => _session_id => '', a => "set pwned 0 0 1\r\nB" );

check( result( client(), getSession => md5_hex('dwho') ) eq '', 'an MD5 lookup key is not a session' );
fault( 'soap:Server', qr/./, $endpoint, setSession => _session_id => 'bad1', uid => 'x' );

# Methods that every Perl class has, and methods that do not exist.
fault( 'soap:Client', qr/./, $endpoint, $_ => 'ab12' ) for qw(isa can VERSION import DOES AUTOLOAD new nosuch getsession);
fault_of( 'soap:Client', qr/./, client()->uri('urn:Other'),      getSession => 'ab12' );
fault_of( 'soap:Client', qr/./, client()->uri('urn:SOAP/Lite'),  new        => 'x' );
fault_of( 'soap:Client', qr/./, client()->on_action( sub { 'urn:Other#getSession' } ), getSession => 'ab12' );

fault( 'soap:Client', qr/\d/, $endpoint, setSession => _session_id => 'ab12', big => 'x' x 1_500_000 );
fault( 'soap:Client', qr/\d/, $endpoint, setSession => big => 'x' x 1_500_000 );

# After a request with the schema of 1999 the CGI failed for all clients.
my $old = client();
$old->serializer->xmlschema('http://www.w3.org/1999/XMLSchema');
for ( 1 .. 2 ) {
    compare( '1999', result( $old,     getSession => 'ab12' ) );
    compare( '2001', result( client(), getSession => 'ab12' ) );
}

compare( 'memcached', $cache->get('ab12') );
check( stored() == $stored, 'nothing was stored' );
check( !defined $cache->get($_), "no item $_" ) for qw(x pwned);

for my $dead (@without_store) {
    fault( 'soap:Server', qr/./, $dead, @$_ ) for ['status'], [ getSession => 'ab12' ], ['getSession'],
        [ setSession => uid => 'x' ], [ setSession => _session_id => 'ab12', uid => 'x' ];
}

sub client {
    return SOAP::Lite->new->uri('urn:MemcachedSOAPClass')->proxy( $_[0] // $endpoint );
}

sub result {
    my ( $client, @call ) = @_;
    my $answer = $client->call(@call);
    die $answer->faultstring . "\n" if $answer->fault;
    return $answer->result;
}

sub fault {
    my ( $code, $text, $where, @call ) = @_;
    return fault_of( $code, $text, client($where), @call );
}

sub fault_of {
    my ( $code, $text, $client, @call ) = @_;
    my $answer = $client->call(@call);
    my $what   = join ' ', map { substr $_, 0, 60 } @call;
    die "no fault: $what\n" if !$answer->fault;
    die "$what: " . $answer->faultcode . "\n" if $answer->faultcode ne $code;
    my $string = $answer->faultstring;
    die "$what: $string\n" if $string !~ $text;
    die "$what: the fault contains internal data: $string\n" if $string =~ m{ line \d|/usr|\.go|\.pm|127\.0|dwho};
    return;
}

sub stored {
    my $stats = $cache->stats('misc');
    return $stats->{total}{curr_items};
}

sub compare {
    my ( $what, $got ) = @_;
    my $difference = Fixture::difference( $got, $victim );
    die "$what differs at $difference\n" if defined $difference;
    return;
}

sub check {
    my ( $holds, $what ) = @_;
    die "failed: $what\n" if !$holds;
    return;
}
