# SOAP::Lite with the WSDL can read sessions, but sends no attributes
# (<attributes xsi:nil="true"/>). The service must not empty the session then.
# Usage: service.pl WSDL ID
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Fixture;
use Sessions;

my ( $wsdl, $id ) = @ARGV;
my $service = SOAP::Lite->service($wsdl);
$service->on_fault( sub { die ref $_[1] ? $_[1]->faultcode . ': ' . $_[1]->faultstring . "\n" : $_[1] } );

sub check_session {
    my $difference = Fixture::difference( Sessions::hash( $service->getSession($id)->{attributes} ), Fixture::session() );
    die "$id differs at $difference\n" if defined $difference;
}

check_session();
eval { $service->setSession( $id, { uid => 'dwho' }, 60 ); 1 } and die "an empty session was stored\n";
$@ =~ /^soap:Client: .*attributes/ or die "refused for another reason: $@";
check_session();
