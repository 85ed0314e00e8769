# Usage: get.pl ENDPOINT ID...
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Fixture;
use Sessions;

my ( $endpoint, @ids ) = @ARGV;
my $sessions = Sessions->new($endpoint);
for my $id (@ids) {
    my $difference = Fixture::difference( $sessions->get($id), Fixture::session() );
    die "$id differs at $difference\n" if defined $difference;
}
