# Usage: main.pl WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
#        main.pl WSDL_URL fault KIND ID
# CREDENTIALS selects how the program sends the name and the password in SOAP_LOGIN or
# the key in SOAP_KEY. CERTIFICATE and CERTIFICATE_KEY are a client certificate, and
# AUTHORITY is the authority of the service.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin, "$FindBin::Bin/../soaplite";
use Credentials;
use Fixture;
use Sessions;
require "$FindBin::Bin/walk.pl";

my ( $wsdl, $command, @arguments ) = @ARGV;
my $sessions = Sessions->new( $wsdl =~ s/\?wsdl$//r, ssl_opts => { Credentials::tls() } );
my $id       = $arguments[-1];
Credentials::from_environment( $sessions->agent );

# fault makes a call that fails, and prints the name and a field of its fault.
sub fault {
    my ($kind) = @_;
    my $set = sub {
        my ( $text, %version ) = @_;
        $sessions->call( setSession => id => $id, attributes => Sessions::entries( { a => $text } ), %version );
    };
    eval {
        $kind eq 'conflict'   ? $set->( '1', ifVersion => 'AAAA' )
          : $kind eq 'deleted'  ? $set->('1')
          : $kind eq 'toolarge' ? $set->( 'x' x 1_200_000 )
          :                       $sessions->call( getSession => id => $id );
        1;
    } and return;
    my ( $name, $fields ) = @{$@}{qw(name fields)};
    print "$name\t", $fields->{id} // $fields->{limit} // $fields->{reason}, "\n";
}

if ( $command eq 'walk' ) {
    walk( $sessions, $id );
}
elsif ( $command eq 'fault' ) {
    fault( $arguments[0] );
}
elsif ( $command eq 'read' ) {
    my $session = $sessions->call( getSession => id => $id );
    Fixture::print_values( %{ Sessions::hash( $session->{attributes} ) } );
}
else {
    my $attributes = Sessions::entries( Fixture::of($command) );
    $sessions->call( setSession => id => $id, attributes => $attributes, ttl => 3600 );
}
