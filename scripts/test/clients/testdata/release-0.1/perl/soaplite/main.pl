# Usage: main.pl WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
#        main.pl WSDL_URL fault KIND ID
# CREDENTIALS selects how the program sends the name and the password in SOAP_LOGIN or
# the key in SOAP_KEY. CERTIFICATE and CERTIFICATE_KEY are a client certificate, and
# AUTHORITY is the authority of the service.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Credentials;
use Fixture;
use Sessions;
use UsernameToken;
require "$FindBin::Bin/walk.pl";

my ( $wsdl, $command, @arguments ) = @ARGV;
( my $endpoint = $wsdl ) =~ s/\?wsdl$//;
my $sessions = Sessions->new( $endpoint, Credentials::tls() );
Credentials::from_environment( $sessions->agent );
my $form = $ENV{CREDENTIALS} // '';
$sessions->secure( sub { UsernameToken::text( Credentials::login() ) } )   if $form eq 'usernametoken';
$sessions->secure( sub { UsernameToken::digest( Credentials::login() ) } ) if $form eq 'usernametoken-digest';

# fault makes a call that fails, and prints the name and a field of its fault.
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
    Fixture::print_values( map { $_->{key} => Sessions::value($_) } Sessions::list( $session->{attributes}, 'entry' ) );
}
else {
    $sessions->call(
        'setSession',
        Sessions::element( id         => $arguments[0] ),
        Sessions::element( attributes => Sessions::entries( Fixture::of($command) ) ),
        Sessions::element( ttl        => 3600 ),
    );
}
