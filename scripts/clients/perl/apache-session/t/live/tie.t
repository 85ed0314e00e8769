use strict;
use warnings;
use utf8;

use Test::More;

use Apache::Session::Flex;
use Apache::Session::MemcachedSOAP;
use MemcachedSOAP::Login;
use MemcachedSOAP::Store;

my $url = $ENV{SOAP_URL} or die "SOAP_URL is not set\n";
my @log;
my %options = ( url => $url, prefix => 'shop', timeout => 10, log => sub { push @log, @_ } );
my $whole   = MemcachedSOAP::Store->new( %options, prefix => '' );

# opened ties a session.
sub opened {
    my ( $id, %more ) = @_;
    tie my %session, 'Apache::Session::MemcachedSOAP', $id, { %options, %more };
    return \%session;
}
sub saved { my ($session) = @_; tied(%$session)->save; return $session->{_session_id} }

sub error {
    my ($code) = @_;
    return eval { $code->(); 1 } ? undef : $@;
}

sub calls {
    my ($code) = @_;
    my @calls;
    my $call = MemcachedSOAP::Client->can('call');
    no warnings 'redefine';
    local *MemcachedSOAP::Client::call = sub { push @calls, $_[1]; return $call->(@_) };
    $code->();
    return "@calls";
}

subtest 'a session' => sub {
    my $session = opened();
    like( $session->{_session_id}, qr/\A[0-9a-f]{32}\z/, 'a new id' );
    $session->{uid}  = 'zoë';
    $session->{cart} = ['tea'];
    my $id = saved($session);
    is_deeply( $whole->read($id)->data, { uid => 'zoë', 'shop/cart' => ['tea'] }, 'what is stored' );
    my $page = opened($id);
    is_deeply( {%$page}, { _session_id => $id, uid => 'zoë', cart => ['tea'] }, 'what is read' );
    push @{ $page->{cart} }, 'cake';
    untie %$page;
    is_deeply( opened($id)->{cart}, [ 'tea', 'cake' ], 'a change within is kept, also by untie' );
    $page = opened($id);
    delete $page->{cart};
    saved($page);
    ok( !exists opened($id)->{cart}, 'a key is removed' );
    $page  = opened($id);
    %$page = ( new => 1 );
    saved($page);
    is_deeply( $whole->read($id)->data, { 'shop/new' => 1 }, 'a cleared session' );
    $page = opened($id);
    tied(%$page)->delete;
    undef $page;
    like( error( sub { opened($id) } ), qr/^Object does not exist in the data store/, 'a deleted session' );
    is( $whole->read($id), undef, 'stays deleted' );
};

subtest 'calls' => sub {
    my $session;
    is( calls( sub { $session = opened(); undef $session } ), '', 'an empty new session is not stored' );
    my $id;
    is( calls( sub { $session = opened(); $session->{a} = 1; $id = saved($session); undef $session } ),
        'setSession', 'a new session' );
    is( calls( sub { opened($id)->{a} } ), 'getSession', 'a page that reads' );
    is( calls( sub { opened($id)->{a} = 1 } ), 'getSession',               'a page that sets what is there' );
    is( calls( sub { opened($id)->{a} = 2 } ), 'getSession updateSession', 'a page that changes' );
    is(
        calls(
            sub {
                error( sub { opened('deadbeef') } );
            }
        ),
        '',
        'a wrong id'
    );
    is( calls( sub { opened( undef, store_empty => 1 ) } ), 'setSession', 'store_empty' );
};

subtest 'login and late writers' => sub {
    my $session = opened();
    $session->{a} = 1;
    my $before = saved($session);
    my $late   = opened($before);
    my $login  = opened($before);
    my $id     = tied(%$login)->renew_id;
    isnt( $id, $before, 'another id' );
    is( $login->{_session_id}, $id, 'also in the session' );
    $login->{uid} = 'dwho';
    saved($login);
    is_deeply( MemcachedSOAP::Login::user( opened($id) ), { uid => 'dwho', groups => [] }, 'the user' );
    is( opened($id)->{a}, 1, 'the content' );
    like( error( sub { opened($before) } ), qr/^Object does not exist/, 'the former id is worth nothing' );
    $late->{a} = 2;
    @log = ();
    saved($late);
    like( "@log", qr/logged out/, 'a late writer is dropped, with a line in the log' );
    unlike( "@log", qr/\Q$before/, 'that has no id' );
    is( opened($id)->{a}, 1, 'nothing is changed' );
    my $new = opened();
    my $was = $new->{_session_id};
    isnt( tied(%$new)->renew_id, $was, 'a session that was never stored' );
    $new->{a} = 1;
    is( opened( saved($new) )->{a}, 1, 'is stored under its new id' );
    my $deleted = opened($id);
    tied( %{ opened($id) } )->delete;
    $deleted->{a} = 3;
    saved($deleted);
    is( $whole->read($id), undef, 'a session that was logged out stays so' );
};

subtest 'parallel changes' => sub {
    my $session = opened();
    $session->{uid} = 'a';
    my $id = saved($session);
    my @children;
    for my $writer ( 1 .. 4 ) {
        my $child = fork // die "no process: $!";
        if ( !$child ) {
            opened($id)->{"w${writer}_$_"} = $_ for 1 .. 20;
            require POSIX;
            POSIX::_exit(0);
        }
        push @children, $child;
    }
    waitpid $_, 0 for @children;
    is( scalar( grep { /^w\d+_\d+$/ } keys %{ opened($id) } ), 80, 'all are kept' );
};

subtest 'errors' => sub {
    my $session = opened();
    $session->{a} = 1;
    my $id = saved($session);
    $session->{basket} = sub { 1 };
    like( error( sub { saved($session) } ), qr/basket.*function/, 'a function is refused' );
    delete $session->{basket};
    $session->{image} = join '', map { sprintf '%x', rand 1e9 } 1 .. 400_000;
    like( error( sub { saved($session) } ), qr/limit.*image/, 'a session that is too large' );
    delete $session->{image};
    is_deeply( { %{ opened($id) } }, { _session_id => $id, a => 1 }, 'is as it was' );
    my $error = error( sub { opened( $id, url => 'http://127.0.0.1:9/soap' ) } );
    ok( MemcachedSOAP::Fault::is_unavailable($error), 'the service is down: an error, no empty session' );
};

subtest 'objects by an allow-list' => sub {
    my $session = opened( undef, objects => ['Point'] );
    $session->{point} = bless { x => 1 }, 'Point';
    my $id = saved($session);
    isa_ok( opened( $id, objects => ['Point'] )->{point}, 'Point' );
    ok( !ref opened($id)->{point}, 'bytes without the list' );
};

subtest 'Apache::Session::Flex' => sub {
    my %parts = map { $_ => 'MemcachedSOAP' } qw(Store Generate Serialize);
    tie my %session, 'Apache::Session::Flex', undef, { %options, %parts, Lock => 'Null' };
    $session{a} = 1;
    my $id = $session{_session_id};
    untie %session;
    tie %session, 'Apache::Session::Flex', $id, { %options, %parts, Lock => 'Null' };
    is( $session{a}, 1, 'the same store' );
};

subtest 'without a prefix, as with Apache::Session::Memorycached' => sub {
    my $session = opened( undef, prefix => '' );
    @$session{qw(uid _session_kind other/key)} = ( 'a', 'SSO', 1 );
    my $id = saved($session);
    is_deeply(
        $whole->read($id)->data,
        { uid => 'a', _session_kind => 'SSO', 'other/key' => 1 },
        'names are as they are'
    );
};

done_testing;
