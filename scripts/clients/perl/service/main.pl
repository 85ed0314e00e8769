# SOAP::Lite with the WSDL. It sends nothing for arguments that are not plain
# (<attributes xsi:nil="true"/>), which the service refuses, so what has such goes
# by Sessions.pm.
# With MODE=plain in the environment it does without the WSDL, too.
# Usage: main.pl WSDL_URL walk|read|write|writetext|writebig|writecontrol ID
#        main.pl WSDL_URL fault KIND ID
use strict;
use warnings;
use FindBin;
use lib "$FindBin::Bin/../soaplite";
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
    $service->on_fault( \&Sessions::fail );
}
my $sessions = Sessions->new($endpoint);
my $id       = $arguments[-1];

sub set {
    my ( $attributes, @condition ) = @_;
    return $sessions->call(
        'setSession',
        Sessions::element( id         => $id ),
        Sessions::element( attributes => Sessions::entries($attributes) ), @condition
    );
}

# fault makes the call that gets a fault, and prints the fault's name and detail.
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

# Plain calls operations by their names and returns their results, as a service
# of a WSDL does.
package Plain;
our $AUTOLOAD;

sub AUTOLOAD {
    my ( $self, @arguments ) = @_;
    my $operation = $AUTOLOAD =~ s/.*:://r;
    return if $operation eq 'DESTROY';
    return $self->{soap}->call( $operation => @arguments )->result;
}
