# Usage: main.pl WSDL_URL walk|write|writetext|writebig|read ID
#        main.pl WSDL_URL fault KIND ID
use strict;
use warnings;
use utf8;
use Encode qw(encode_utf8);
use FindBin;
use lib $FindBin::Bin;
use Sessions;
require "$FindBin::Bin/walk.pl";

my ( $wsdl, $command, @arguments ) = @ARGV;
( my $endpoint = $wsdl ) =~ s/\?wsdl$//;
my $sessions = Sessions->new($endpoint);
my $all      = join '', map { chr } 0 .. 255;
my $big      = substr $all x 3516, 0, 900_000;

my %fixtures = (
    write => {
        plain                 => 'plain',
        special               => q{<&>"']]>},
        accents               => 'é ü ß ñ – €',
        emoji                 => '😀 🎉',
        lines                 => "LF\nCRLF\r\nCR\rtab\tend",
        blanks                => '  outer blanks  ',
        empty                 => '',
        undef                 => undef,
        bytes                 => \$all,
        'a key with <blanks>' => 'key',
        nested    => { list => [ 'a', undef, \"\x00\xff", { k => 'v' } ], undef => undef, bytes => \"\x00\x01" },
        single    => ['one'],
        emptylist => [],
        emptyhash => {},
    },
    writetext => { text900k  => '0123456789' x 90_000 },
    writebig  => { bytes900k => \$big },
);

# rendered returns a value as the tests compare it.
sub rendered {
    my ($v) = @_;
    return 'u' if !defined $v;
    return 't:' . unpack( 'H*', encode_utf8($v) ) if !ref $v;
    return 'b:' . unpack( 'H*', $$v ) if ref $v eq 'SCALAR';
    return 'l(' . join( ',', map { rendered($_) } @$v ) . ')' if ref $v eq 'ARRAY';
    return 'h(' . join( ',', sort map { unpack( 'H*', encode_utf8($_) ) . '=' . rendered( $v->{$_} ) } keys %$v ) . ')';
}

# fault makes the call that gets a fault, and prints the fault's name and detail.
sub fault {
    my ( $kind, $id ) = @_;
    my $set = sub {
        my ( $text, @version ) = @_;
        $sessions->call(
            'setSession',
            Sessions::element( id         => $id ),
            Sessions::element( attributes => Sessions::entries( { a => $text } ) ),
            map { Sessions::element( ifVersion => $_ ) } @version,
        );
    };
    eval {
        $kind eq 'conflict'   ? $set->( '1', 'AAAA' )
          : $kind eq 'deleted'  ? $set->('1')
          : $kind eq 'toolarge' ? $set->( 'x' x 1_200_000 )
          :                       $sessions->call( 'getSession', Sessions::element( id => $id ) );
        1;
    } and return;
    my ( $name, $detail ) = Sessions::fault($@);
    print "$name\t", $detail->{id} // $detail->{limit} // $detail->{reason}, "\n";
}

if ( $command eq 'walk' ) {
    walk( $sessions, @arguments );
}
elsif ( $command eq 'fault' ) {
    fault(@arguments);
}
elsif ( $command eq 'read' ) {
    my $session = $sessions->call( 'getSession', Sessions::element( id => $arguments[0] ) );
    print sort map { unpack( 'H*', encode_utf8( $_->{key} ) ) . "\t" . rendered( Sessions::value($_) ) . "\n" }
      grep { $_->{key} !~ /^_/ } Sessions::list( $session->{attributes}, 'entry' );
}
else {
    $sessions->call(
        'setSession',
        Sessions::element( id         => $arguments[0] ),
        Sessions::element( attributes => Sessions::entries( $fixtures{$command} ) ),
        Sessions::element( ttl        => 3600 ),
    );
}
