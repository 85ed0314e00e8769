# SOAP::Lite with the WSDL. It sends <attributes xsi:nil="true"/> for an argument
# that is a list or a hash, and the service refuses that. Calls with such arguments
# therefore use Sessions.pm.
# With MODE=plain in the environment the program does not read the WSDL.
# Usage: main.pl WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
#        main.pl WSDL_URL fault KIND ID
# CREDENTIALS selects how the program sends the name and the password in SOAP_LOGIN or
# the key in SOAP_KEY.
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../soaplite";
use Credentials;
use Fixture;
use Sessions;
require "$FindBin::Bin/walk.pl";

my ( $wsdl, $command, @arguments ) = @ARGV;
my $endpoint = $wsdl =~ s/\?wsdl$//r;
my $service;
if ( ( $ENV{MODE} // '' ) eq 'plain' ) {
    my $plain = SOAP::Lite->uri('urn:memcached-soap:session:v1')->proxy($endpoint)->on_fault( \&Sessions::fail );
    $service = bless { soap => $plain }, 'Plain';
}
else {
    $service = SOAP::Lite->service($wsdl);
    $service->on_fault( \&Sessions::fail )->proxy($endpoint);
    Credentials::from_environment( $service->proxy );
}
my $sessions = Sessions->new($endpoint);
my $id       = $arguments[-1];
Credentials::from_environment( $sessions->agent );

sub set {
    my ( $attributes, @condition ) = @_;
    return $sessions->call(
        'setSession',
        Sessions::element( id         => $id ),
        Sessions::element( attributes => Sessions::entries($attributes) ), @condition
    );
}

# fault makes a call that fails, and prints the name and a field of its fault.
sub fault {
    my ($kind) = @_;
    eval {
        $kind eq 'conflict'   ? set( { a => 1 }, Sessions::element( ifVersion => 'AAAA' ) )
          : $kind eq 'deleted'  ? set( { a => 1 } )
          : $kind eq 'toolarge' ? set( { a => 'x' x 1_200_000 } )
          :                       $service->getSession($id);
        1;
    } and return;
    my ( $name, $detail ) = Sessions::fault($@);
    print "$name\t", $detail->{id} // $detail->{limit} // $detail->{reason}, "\n";
}

if ( $command eq 'walk' ) {
    walk( $service, $sessions, $id );
}
elsif ( $command eq 'fault' ) {
    fault( $arguments[0] );
}
elsif ( $command eq 'read' ) {
    my $attributes = $service->getSession($id)->{attributes};
    Fixture::print_values( map { $_->{key} => Sessions::value($_) } Sessions::list( $attributes, 'entry' ) );
}
else {
    set( Fixture::of($command) );
}

# Plain has a method for each operation, which returns the result, like the object
# that SOAP::Lite makes from a WSDL.
package Plain;
our $AUTOLOAD;

sub AUTOLOAD {
    my ( $self, @arguments ) = @_;
    my $operation = $AUTOLOAD =~ s/.*:://r;
    return if $operation eq 'DESTROY';
    return $self->{soap}->call( $operation => @arguments )->result;
}
