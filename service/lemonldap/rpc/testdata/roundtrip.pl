# Calls the dialect as LemonLDAP::NG's client does (Common/Apache/Session/SOAP.pm), and
# compares what comes back with what was sent. Prints each difference, and "done".
# Usage: roundtrip.pl URL
use strict;
use warnings;
use Data::Dumper;
use MIME::Base64 qw(decode_base64);
use SOAP::Lite;

$Data::Dumper::Sortkeys = $Data::Dumper::Useqq = $Data::Dumper::Indent = 1;
my $soap = SOAP::Lite->ns('urn:Lemonldap/NG/Common/PSGI/SOAPService')->proxy( $ARGV[0] );

sub soap_call {
    my ( $function, @arguments ) = @_;
    my $answer = $soap->$function(@arguments);
    die $function . ': ' . $answer->fault->{faultstring} if $answer->fault;
    return $answer->result;
}

sub compare {
    my ( $what, $got, $want ) = @_;
    my ( $a, $b ) = ( Dumper($got), Dumper($want) );
    print "$what:\n$a\nnot\n$b\n" if $a ne $b;
    return;
}

my $session = soap_call('newSession');
my $id      = $session->{_session_id};
compare( 'kind', $session->{_session_kind}, 'SSO' );

# Left is what is sent, right what comes back if that differs: SOAP::Lite sends no more.
my %values = (
    text      => ['Doctor Who'],
    empty     => [''],
    zero      => ['0'],
    leading   => ['007'],
    int       => [ 42,      '42' ],
    negative  => [ -1,      '-1' ],
    plus      => ['+5'],
    long      => [ 20261122183739, '20261122183739' ],
    huge      => ['12345678901234567890'],
    float     => ['1.50'],
    exponent  => ['1e3'],
    inf       => ['INF'],
    true      => ['true'],
    false     => ['false'],
    url       => ['http://auth.example.com/?a=b&c=<d>"'],
    urn       => ['urn:x'],
    time      => ['2026-11-29T06:00:00Z'],
    month     => ['--05--'],
    duration  => ['P1D'],
    lines     => ["a\r\nb\tc\n"],
    number_nl => ["5\n"],
    latin1    => ["J\xf6rg"],
    utf8      => ["J\xc3\xb6rg"],
    wide      => [ "J\x{f6}rg D\x{153}", "J\xc3\xb6rg D\xc5\x93" ],
    binary    => [ join '', map { chr } 0 .. 255 ],
    list      => [ [ 'a', 'b', 'c' ] ],
    one       => [ ['only'] ],
    no_list   => [ [] ],
    mixed     => [ [ 'a', [ 'b', [] ], { c => {} }, undef, '' ] ],
    hash      => [ { n => { x => '1' }, k => 'v' } ],
    no_hash   => [ {} ],
    map       => [ { '1 a' => 'b', xml => 'c', "\xe9" => 'd', inside => { fine => 'e', lst => ['f'] } } ],
    history   => [ { successLogin => [ { ipAddr => '127.0.0.1', _utime => '1795372800' } ] } ],
);
my $shared = ['twice'];
my %sent   = ( %$session, ( map { $_ => $values{$_}[0] } keys %values ), shared1 => $shared, shared2 => $shared, undef => undef );
my %want   = ( %$session, ( map { $_ => $values{$_}[-1] } keys %values ), shared1 => ['twice'], shared2 => ['twice'] );
compare( 'setAttributes', soap_call( setAttributes => $id, \%sent ), '1' );
my $read = soap_call( getAttributes => $id );
compare( 'error', $read->{error}, '0' );
compare( $_, $read->{attributes}{$_}, $want{$_} ) for sort keys %want;
compare( 'names', [ sort keys %{ $read->{attributes} } ], [ sort keys %want ] );

# What was read is sent back, as a portal does at each change, and stays the same.
compare( 'setAttributes again', soap_call( setAttributes => $id, $read->{attributes} ), '1' );
compare( 'again', soap_call( getAttributes => $id )->{attributes}, { %{ $read->{attributes} } } );

compare( 'token', length decode_base64( soap_call('getCipheredToken') ), 64 );
compare( 'one field', soap_call( get_key_from_all_sessions => undef, 'one' ), { $id => { one => ['only'] } } );
compare( 'two fields', soap_call( get_key_from_all_sessions => 'token', [ 'text', 'absent' ] ),
    { $id => { text => 'Doctor Who', absent => undef } } );
compare( 'no fields', soap_call( get_key_from_all_sessions => 'token', undef )->{$id}{history}, $want{history} );
compare( 'deleteSession', soap_call( deleteSession => $id ), '1' );
compare( 'deleteSession again', soap_call( deleteSession => $id ), '0' );
compare( 'absent', soap_call( getAttributes => $id ), { error => '1' } );
compare( 'set absent', soap_call( setAttributes => $id, { a => 'b' } ), '0' );
compare( 'none left', soap_call( get_key_from_all_sessions => 'token' ), {} );
print "done\n";
