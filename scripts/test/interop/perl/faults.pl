# Usage: faults.pl ENDPOINT ENDPOINT-OF-SERVICE-WITHOUT-STORE UNREADABLE-ID
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Scalar::Util qw(blessed);
use Sessions;

my ( $endpoint, $without_store, $unreadable ) = @ARGV;

# Makes the call, which must fail, and returns the fields of the named fault.
sub fault {
    my ( $name, $call ) = @_;
    eval { $call->(); 1 } and die "no $name\n";
    my $fault = $@;
    die $fault if !blessed $fault;
    my $detail = $fault->faultdetail;
    die "the fault is not $name: " . $fault->faultstring . "\n" if !ref $detail || !exists $detail->{$name};
    return $detail->{$name};
}

sub check {
    my ( $holds, $what ) = @_;
    die "failed: $what\n" if !$holds;
}

my $sessions = Sessions->new($endpoint);
check( fault( SessionNotFoundFault => sub { $sessions->get('ab12') } )->{id} eq 'ab12', 'the fault names the id' );

for my $call ( sub { $sessions->get('../etc') }, sub { $sessions->set( '../etc', {} ) } ) {
    my $fault = fault( InvalidSessionIdFault => $call );
    check( $fault->{id} eq '../etc' && $fault->{reason} ne '', 'the fault names the id and the reason' );
}

my $new = $sessions->set( undef, { uid => 'dwho' } )->{id};
my $fault = fault( PayloadTooLargeFault => sub { $sessions->set( $new => { k => 'x' x 1_500_000 } ) } );
check( $fault->{actual} > 1_500_000 && $fault->{limit} < 1 << 20, 'the fault names the size and the limit' );
check( $sessions->get($new)->{uid} eq 'dwho', 'the stored session is unchanged' );

$sessions->call( deleteSession => Sessions::element( id => $new ) );
for my $call (
    sub { $sessions->set( $new, {} ) },
    sub { $sessions->update( $new, {} ) },
    sub { $sessions->call( touchSession => Sessions::element( id => $new ) ) },
    )
{
    check( fault( SessionDeletedFault => $call )->{id} eq $new, 'the fault names the id' );
}

for my $call ( sub { $sessions->get($unreadable) }, sub { $sessions->set( $unreadable, {} ) } ) {
    my $fault = fault( UnreadableSessionFault => $call );
    check( $fault->{id} eq $unreadable && $fault->{reason} ne '', 'the fault names the id and the reason' );
}

$sessions = Sessions->new($without_store);
my $id = Sessions::element( id => 'ab12' );
for my $call (
    sub { $sessions->get('ab12') },
    sub { $sessions->set( ab12  => {} ) },
    sub { $sessions->set( undef, {} ) },
    sub { $sessions->get_many( 'ab12', 'cd34' ) },
    sub { $sessions->update( ab12 => {} ) },
    sub { $sessions->call( touchSession => $id ) },
    sub { $sessions->call( deleteSession => $id ) },
    sub { $sessions->call('status') },
    )
{
    my $fault = fault( StoreUnavailableFault => $call );
    check( $fault->{reason} ne '' && $fault->{retryAfter} > 0, 'the fault names the reason and the time to retry' );
}
