# Checks that the service returns every kind of value as the CGI returned it, with all
# settings of SOAP::Lite, and stores it in memcached as the CGI stored it.
# Usage: cgi-values.pl ENDPOINT SERVER,...
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use utf8;
use Cache::Memcached;
use Encode qw(encode_utf8);
use Fixture;
use SOAP::Lite;

my ( $endpoint, $servers ) = @ARGV;
my $cache  = Cache::Memcached->new( { servers => [ split /,/, $servers ] } );
my $latin1 = "Le Vengeur Masqu\xe9";
utf8::downgrade($latin1);
my $all_bytes = join '', map { chr } 0 .. 255;
my $shared    = [ 'shared', { deep => 'x' } ];

# The sent value, and the returned value if that differs.
my @cases = (
    [ plain     => 'dwho' ],
    [ empty     => '' ],
    [ undef     => undef ],
    [ zero      => 0 ],
    [ zeros     => '00000' ],
    [ int       => 42 ],
    [ negative  => -2147483648 ],
    [ long      => '9223372036854775807' ],
    [ huge      => '123456789012345678901234567890' ],
    [ float     => 3.25 ],
    [ exponent  => '1e5' ],
    [ agent     => '007' ],
    [ date      => '2009-02-28' ],
    [ time      => '2009-02-28T23:59:59Z' ],
    [ duration  => 'P1Y2M' ],
    [ url       => 'http://example.com/?a=b&c=d' ],
    [ urn       => 'urn:x' ],
    [ markup    => q{<a href="x">'&amp;'</a>]]>} ],
    [ blanks    => "  two  blanks\t" ],
    [ lines     => "a\nb\r\nc\rd" ],
    [ latin1    => $latin1 ],
    [ text      => 'Zoë 漢字 😀', encode_utf8('Zoë 漢字 😀') ],
    [ bytes     => $all_bytes ],
    [ yes       => 'true',  1 ],
    [ Yes       => 'TRUE',  1 ],
    [ no        => 'false', 0 ],
    [ array     => [ 1, 'a', undef, [ 2, [] ], { k => 'v' } ] ],
    [ integers  => [ 1, 2, 3 ] ],
    [ none      => [] ],
    [ hash      => { name => 'x', inner => { deep => [ 'y', undef ] } } ],
    [ map       => { 'a key' => 1, '42' => 'number', '<' => 'x' } ],
    [ nothing   => {}, '' ],
    [ first     => $shared ],
    [ second    => $shared ],
    [ 'a key'   => 'Map' ],
    [ xmlthing  => 'a reserved name' ],
    [ 42        => 'a number as key' ],
    [ big       => 'x' x 300_000 ],
    [ bigbytes  => $all_bytes x 1000 ],
);
my %sent     = map { $_->[0] => $_->[1] } @cases;
my %expected = map { $_->[0] => $_->[-1] } @cases;

my %clients = (
    'plain'              => client(),
    'keep-alive'         => client( keep_alive => 1 ),
    'compressing'        => client( options => { compress_threshold => 100 } ),
    'readable'           => client()->readable(1),
    'Latin-1'            => client()->encoding('iso-8859-1'),
    'hierarchical'       => client()->uri('http://any.example.com/MemcachedSOAPClass'),
    'without SOAPAction' => client()->on_action( sub { '""' } ),
    'slash'              => client()->on_action( sub { join '/', @_ } ),
);
SOAP::Lite->soapversion('1.2');
$clients{'SOAP 1.2'} = client();
SOAP::Lite->soapversion('1.1');
for my $name ( sort keys %clients ) {
    my $client = $clients{$name};
    SOAP::Lite->soapversion( $name eq 'SOAP 1.2' ? 1.2 : 1.1 );    # for all answers
    check( result( $client, 'status' ) eq '...... MEMCACHED SOAP OK ......', "$name: status" );
    my $id = result( $client, setSession => %sent );
    check( $id =~ /^[0-9a-f]{32}$/, "$name: a new id" );
    compare( "$name: memcached", $cache->get($id), { %expected, _session_id => $id } );
    for ( 1 .. 3 ) {
        compare( "$name: SOAP", result( $client, getSession => $id ), { %expected, _session_id => $id } );
    }
    my $same = result( $client, setSession => _session_id => $id, uid => 'dwho' );
    check( $same eq $id, "$name: a session is replaced" );
    compare( "$name: replaced", result( $client, getSession => "$id\n" ), { uid => 'dwho', _session_id => $id } );
    check( result( $client, getSession => '0123456789abcdef' ) eq '', "$name: absent" );

    my $struct = result( $client, setSession => { uid => 'dwho', 'a key' => 1 } );
    compare( "$name: one struct", $cache->get($struct), { uid => 'dwho', 'a key' => 1, _session_id => $struct } );
    for my $none ( [], [undef], [''], [0] ) {
        my $created = result( $client, getSession => @$none );
        check( $cache->get( $created->{_session_id} ), "$name: a new session is created" );
    }
}

# A client that switches to SOAP 1.2 later sends an Envelope without a namespace, and
# a list as an object. An answer in SOAP 1.1 switches it back, so each call needs a
# new client.
my %plain = ( uid => 'dwho', bytes => $all_bytes, empty => '', none => undef, hash => { a => 1 }, map => { 'a b' => 1 } );
my $late = result( switched(), setSession => %plain );
$plain{_session_id} = $late;
compare( 'switched: memcached', $cache->get($late), \%plain );
compare( 'switched: SOAP', result( switched(), getSession => $late ), \%plain );
check( result( switched(), 'status' ) eq '...... MEMCACHED SOAP OK ......', 'switched: status' );
check( result( switched(), getSession => '0123456789abcdef' ) eq '', 'switched: absent' );
$cache->set( 'cd34', { _session_id => 'cd34', list => [ 1, [ undef, 'x' ] ] }, 600 ) or die;
compare( 'switched: list', result( switched(), getSession => 'cd34' ), { _session_id => 'cd34', list => [ 1, [ undef, 'x' ] ] } );
my $fault = switched()->call( getSession => 'zz' );
check( $fault->fault && $fault->faultcode eq 'soap:Server' && $fault->faultstring =~ /^Invalid session ID: /, 'switched: fault' );
SOAP::Lite->soapversion('1.1');

# A program can set the types of its strings.
my $id = result( client()->encoding('iso-8859-1'), setSession => 'uid', SOAP::Data->type( string => 'Masqué' ) );
compare( 'Latin-1 text', $cache->get($id), { uid => 'Masqué', _session_id => $id } );
compare( 'Latin-1 text back', result( client(), getSession => $id ), { uid => encode_utf8('Masqué'), _session_id => $id } );

# The service stores the data of an object and ignores its class.
$id = result( client(), setSession => user => bless { uid => 'dwho' }, 'Apache::Session::Memorycached' );
compare( 'object', $cache->get($id), { user => { uid => 'dwho' }, _session_id => $id } );

# A program can ask for the XML of the answer.
my $xml = client()->outputxml(1)->getSession($id);
check( $xml =~ m{<getSessionResponse xmlns="urn:MemcachedSOAPClass">.*dwho}s, 'outputxml' );

# Values that a mod_perl program stores have the same types as with the CGI.
$cache->set( 'ab12', { _session_id => 'ab12', uid => $latin1, n => 7, list => [ 1, undef ] }, 600 ) or die;
compare( 'of mod_perl', result( client(), getSession => 'ab12' ), { _session_id => 'ab12', uid => $latin1, n => 7, list => [ 1, undef ] } );

sub client {
    my @options = @_;
    return SOAP::Lite->new->uri('urn:MemcachedSOAPClass')->proxy( $endpoint, @options );
}

sub switched {
    SOAP::Lite->soapversion('1.1');
    my $client = client();
    $client->soapversion('1.2');
    check( $client->serializer->envelope( method => 'status' ) =~ /<Envelope /, 'the Envelope is in no namespace' );
    return $client;
}

sub result {
    my ( $client, $method, @arguments ) = @_;
    my $answer = $client->call( $method, @arguments );
    die $method . ': ' . $answer->faultcode . ': ' . $answer->faultstring . "\n" if $answer->fault;
    return $answer->result;
}

sub compare {
    my ( $what, $got, $want ) = @_;
    die "$what: no session\n" if ref $got ne 'HASH';
    my $difference = Fixture::difference( $got, $want );
    die "$what differs at $difference\n" if defined $difference;
    return;
}

sub check {
    my ( $holds, $what ) = @_;
    die "failed: $what\n" if !$holds;
    return;
}
