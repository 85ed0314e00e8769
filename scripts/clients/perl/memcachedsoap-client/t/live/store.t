use strict;
use warnings;
use utf8;

use Test::More;
use Time::HiRes qw(sleep time);

use MemcachedSOAP::Store;
use MemcachedSOAP::Values;

my $url = $ENV{SOAP_URL} or die "SOAP_URL is not set\n";
my @log;
my %common = ( url => $url, prefix => 'shop', shared => ['lang'], timeout => 10, log => sub { push @log, @_ } );

sub store { return MemcachedSOAP::Store->new( %common, @_ ) }

sub stored {
    my ( $store, %data ) = @_;
    my $record = $store->create;
    %{ $record->data } = %data;
    $record->write;
    return $record;
}

sub fault {
    my ($code) = @_;
    return eval { $code->(); 1 } ? undef : $@;
}
sub logged { my @lines = @log; @log = (); return join "\n", @lines }

my $store = store();
my $whole = store( prefix => '' );

# calls counts the calls of a function.
sub calls {
    my ( $store, $code ) = @_;
    my @calls;
    my $call = MemcachedSOAP::Client->can('call');
    no warnings 'redefine';
    local *MemcachedSOAP::Client::call = sub { push @calls, $_[1]; return $call->(@_) };
    $code->();
    return "@calls";
}

subtest 'a session is stored, read, changed and deleted' => sub {
    my $record = stored( $store, uid => 'zoë', lang => 'de', cart => [ 1, 'tea' ] );
    ok( $record->is_stored, 'it is stored' );
    is_deeply(
        $whole->read( $record->id )->data,
        { uid => 'zoë', lang => 'de', 'shop/cart' => [ 1, 'tea' ] },
        'the names'
    );
    my $read = $store->read( $record->id );
    is_deeply( $read->data, { uid => 'zoë', lang => 'de', cart => [ 1, 'tea' ] }, 'the content' );
    $read->data->{cart}[1] = 'coffee';
    delete $read->data->{lang};
    ok( $read->write, 'a change' );
    is_deeply( $store->read( $record->id )->data, { uid => 'zoë', cart => [ 1, 'coffee' ] }, 'deep within' );
    ok( !$read->write, 'nothing to write' );
    ok( $read->remove, 'there was a session' );
    is( $store->read( $record->id ), undef, 'there is none' );
    ok( !$store->remove( $record->id ), 'a second time' );
};

subtest 'calls' => sub {
    my $record = $store->create;
    is( calls( $store, sub { $record->write } ), '', 'an empty new session is not stored' );
    $record->data->{a} = 1;
    is( calls( $store, sub { $record->write } ), 'setSession', 'a new session' );
    my $read;
    is( calls( $store, sub { $read = $store->read( $record->id ) } ), 'getSession', 'reading' );
    is( calls( $store, sub { $read->write } ),                        '',           'no change' );
    $read->data->{a} = 2;
    is( calls( $store, sub { $read->write } ), 'updateSession', 'a change' );
    $read->data->{a} = '2';
    is( calls( $store, sub { $read->write } ), 'updateSession', 'a change of the type' );
    is( calls( $store, sub { $store->read($_) for undef, '', 'deadbeef', 'x' x 32, "$read->{id}\n" } ), '', 'no id' );
    is( calls( store( store_empty => 1 ), sub { store( store_empty => 1 )->create->write } ),
        'setSession', 'store_empty' );
    $read->remove;
};

subtest 'attributes of others survive' => sub {
    my $record = stored( $whole, uid => 'a', cart => 'not shared', 'other/cart' => 'theirs', 'shop/uid' => 'hidden' );
    my $read   = $store->read( $record->id );
    is_deeply( $read->data, { uid => 'a' }, 'they are not visible' );
    $read->data->{cart} = 'mine';
    $read->write;
    is_deeply(
        $whole->read( $record->id )->data,
        { uid => 'a', cart => 'not shared', 'other/cart' => 'theirs', 'shop/uid' => 'hidden', 'shop/cart' => 'mine' },
        'and stay'
    );
    $read->remove;
};

subtest 'an id that is not stored, and one that is' => sub {
    my $record = $store->create->fix_id;
    $record->data->{a} = 1;
    $record->write;
    my $second = $store->create( $record->id )->fix_id;
    $second->data->{b} = 2;
    my $fault = fault( sub { $second->write } );
    is( $fault->name, 'SessionExists', 'a session is not overwritten' );
    my $third = $store->create( $record->id );
    $third->data->{c} = 3;
    $third->write;
    isnt( $third->id, $record->id, 'or the new one gets another id' );
    is_deeply( $store->read( $record->id )->data, { a => 1 }, 'the first one is as it was' );
    $_->remove for $record, $third;
};

subtest 'times' => sub {
    my $expires = sub {
        my ($id)      = @_;
        my $session   = MemcachedSOAP::Client->new( url => $url )->get_session( id => $id );
        my ($seconds) = MemcachedSOAP::Values::elements( $session, 'expiresIn' );
        return $seconds ? $seconds->textContent : undef;
    };
    my $record = stored( store( ttl => 100 ), a => 1 );
    my $id     = $record->id;
    cmp_ok( $expires->($id), '<=', 100, 'the ttl of a new session' );
    cmp_ok( $expires->($id), '>',  80,  'which is not less' );
    store( ttl => 500 )->read($id);
    cmp_ok( $expires->($id), '>', 450, 'reading extends it' );
    my $still = store( ttl => 0 )->read($id);
    cmp_ok( $expires->($id), '>', 450, 'with 0 it is left alone' );
    my $read = store( ttl => 100 )->read($id);
    $read->data->{a} = 2;
    is( calls( $store, sub { $read->ttl(900)->write } ), 'updateSession', 'another ttl of this session' );
    cmp_ok( $expires->($id), '>', 850, 'is sent with the change' );
    $read = store( ttl => 100 )->read($id);
    $read->ttl(900)->write;
    cmp_ok( $expires->($id), '>', 850, 'and without a change' );
    $read->ttl(-1)->write;
    cmp_ok( $expires->($id) // 1e9, '>', 900, '-1 is the longest time' );
    $read->ttl(0)->write;
    is( $store->read($id), undef, 'no time left: the session is deleted' );
    my $brief = stored( store( ttl => 1 ), a => 1 );
    my $until = time + 10;
    sleep 0.2 while $whole->client && time < $until && defined store( ttl => 0 )->read( $brief->id );
    is( store( ttl => 0 )->read( $brief->id ), undef, 'a session expires' );
};

subtest 'late writers' => sub {
    my $record = stored( $store, a => 1 );
    my ( $page, $logout, $renewed ) = map { $store->read( $record->id ) } 1 .. 3;
    $logout->remove;
    $page->data->{a} = 2;
    logged();
    ok( !$page->write,  'the change of a page after the logout is dropped' );
    ok( $page->is_gone, 'it is gone' );
    my $line = logged();
    like( $line, qr/logged out/, 'with a line in the log' );
    unlike( $line, qr/\Q$record->{id}/, 'that has no id' );
    is( $store->read( $record->id ), undef, 'the session stays deleted' );
    $page->data->{a} = 3;
    is( calls( $store, sub { $page->write } ), '', 'and nothing more is sent' );
};

subtest 'a new id' => sub {
    my $record = stored( $whole, 'shop/a' => 1, 'other/b' => 2 );
    my $old    = $record->id;
    my $login  = $store->read($old);
    my $late   = $store->read($old);
    isnt( $login->rename, $old, 'another id' );
    $login->data->{uid} = 'dwho';
    $login->write;
    is_deeply(
        $whole->read( $login->id )->data,
        { 'shop/a' => 1, 'other/b' => 2, uid => 'dwho' },
        'with the content of all'
    );
    is( $store->read($old), undef, 'the former id is worth nothing' );
    $late->data->{a} = 'late';
    ok( !$late->write, 'a late writer of the former id is dropped' );
    is( $store->read( $login->id )->data->{a}, 1, 'and changes nothing' );

    my $fresh = $store->create;
    my $was   = $fresh->id;
    is( calls( $store, sub { $fresh->rename } ), '', 'a session that was never stored' );
    isnt( $fresh->id, $was, 'just gets another id' );

    # The session is deleted between reading and the login.
    my $racing = $store->read( $login->id );
    $store->remove( $login->id );
    $racing->rename;
    $racing->data->{new} = 1;
    logged();
    ok( $racing->write, 'a login after a logout is stored' );
    is_deeply(
        $whole->read( $racing->id )->data,
        { uid => 'dwho', 'shop/new' => 1 },
        'with the login and what it has set alone'
    );
    $racing->data->{more} = 1;
    $racing->write;
    is_deeply( $store->read( $racing->id )->data, { uid => 'dwho', new => 1, more => 1 },
        'also after further changes' );
    $racing->remove;
};

subtest 'parallel changes' => sub {
    my ( $writers, $changes ) = ( 8, 40 );
    my $record = stored( store( prefix => '' ), uid => 'parallel', visits => 0 );
    my @children;
    for my $writer ( 1 .. $writers ) {
        my $child = fork // die "no process: $!";
        if ( !$child ) {
            for my $change ( 1 .. $changes ) {
                my $page = $store->read( $record->id );
                $page->data->{"w${writer}_$change"} = $change;
                $page->write;
            }
            require POSIX;
            POSIX::_exit(0);
        }
        push @children, $child;
    }
    waitpid $_, 0 for @children;
    my $data = $store->read( $record->id )->data;
    my $kept = grep { /^w\d+_(\d+)$/ && $data->{$_} == $1 } keys %$data;
    is( $kept, $writers * $changes, 'all are kept' );
    $record->remove;
};

subtest 'exact attributes' => sub {
    my $exact  = store( exact => [qw(visits color)] );
    my $record = stored( $exact, visits => 10, color => 'red' );
    my ( $one, $two ) = map { $exact->read( $record->id ) } 1 .. 2;
    $_->data->{visits}++ for $one, $two;
    $one->data->{note} = 'one';
    $_->write for $one, $two;
    is_deeply( $exact->read( $record->id )->data, { visits => 12, color => 'red', note => 'one' }, 'both pages count' );
    is( $two->data->{visits}, 12, 'the page sees it' );

    my $text  = $exact->read( $record->id );
    my $other = $store->read( $record->id );
    $other->data->{note} = 'two';
    $other->write;
    $text->data->{color} = 'blue';
    ok( $text->write, 'a change beside it does not matter' );
    is( $exact->read( $record->id )->data->{color}, 'blue', 'the text is changed' );

    my ( $green, $black ) = map { $exact->read( $record->id ) } 1 .. 2;
    $green->data->{color} = 'green';
    $black->data->{color} = 'black';
    $green->write;
    my $fault = fault( sub { $black->write } );
    is( $fault->name, 'VersionConflict', 'two pages change the same text' );
    like( "$fault", qr/color/, 'the fault names the key' );
    is( $exact->read( $record->id )->data->{color}, 'green', 'the first one stays' );

    my $gone = $exact->read( $record->id );
    $record->remove;
    $gone->data->{visits}++;
    logged();
    ok( !$gone->write, 'a counter of a deleted session' );
    like( logged(), qr/logged out/, 'is dropped' );
};

subtest 'what cannot be stored' => sub {
    my $record = stored( $store, a => 1 );
    my $id     = $record->id;
    for my $bad ( sub { 1 }, bless( {}, 'Some::Class' ), 9**9**9 ) {
        $record->data->{basket} = $bad;
        my $fault = fault( sub { $record->write } );
        is( $fault->name, 'RefusedValue', 'a refused value' );
        like( "$fault", qr/basket/, 'the key' );
    }
    delete $record->data->{basket};
    for my $name (qw(_session_end _session_kind _lastSeen uid_MD5)) {
        local $record->data->{$name} = 1;
        like( fault( sub { $record->write } ), qr/\Q$name/, "the name $name is reserved" );
    }
    $record->data->{large} = join '', map { sprintf '%x', rand 1e9 } 1 .. 400_000;
    my $fault = fault( sub { $record->write } );
    is( $fault->name, 'PayloadTooLarge', 'too large' );
    like( "$fault", qr/limit \d+ bytes, actual \d+ bytes.*large/, 'limit, actual, and the key' );
    is_deeply( $store->read($id)->data, { a => 1 }, 'the session is as it was' );
    $record->remove;
};

subtest 'names' => sub {
    my @names = (
        'a.b', 'a/b', '../x', 'a b', 'zoë', '🦊', '<&>', 'a#t', 'base64:YQ==', '0', '', "\0", "a\x01b", 'k' x 65_536
    );
    my $record = stored( $store, map { $_ => "value of $_" } @names );
    my $read   = $store->read( $record->id );
    is_deeply( $read->data, { map { $_ => "value of $_" } @names }, 'of every kind' );
    delete $read->data->{$_} for @names;
    $read->data->{x} = 1;
    $read->write;
    is_deeply( $store->read( $record->id )->data, { x => 1 }, 'and they can be removed' );
    $record->remove;
};

subtest 'values' => sub {
    my %values = (
        int     => 42,
        double  => 1.5,
        true    => 1 == 1,
        false   => 1 == 2,
        undef   => undef,
        bytes   => "\x00\xff",
        text    => 'zoë',
        digits  => '0042',
        list    => [ 1, '1', [ {} ], undef ],
        hash    => { a => { b => [0.5] } },
        control => "a\0é",
        empty   => '',
        blank   => "  x\n ",
    );
    my $record = stored( $store, %values );
    my $read   = $store->read( $record->id );
    is_deeply( $read->data, \%values, 'of every kind' );
    is( calls( $store, sub { $read->write } ), '', 'are unchanged when they are read' );
    is_deeply( $read->{images}, $record->{images}, 'each with its type' );
    $record->remove;
};

subtest 'logout everywhere' => sub {
    my @sessions = map { stored( $store, uid => "everywhere$$" ) } 1 .. 3;
    is_deeply(
        [ sort $store->client->find_sessions("everywhere$$") ],
        [ sort map { $_->id } @sessions ],
        'the sessions of a user are found'
    );
    is( $store->delete_sessions("everywhere$$"), 3,     'all sessions of the user' );
    is( $store->read( $_->id ),                  undef, 'are gone' ) for @sessions;
};

subtest 'after a fork' => sub {
    my $record = stored( $store, a => 1 );
    my $child  = fork // die "no process: $!";
    if ( !$child ) {
        my $same = $store->read( $record->id );
        require POSIX;
        POSIX::_exit( $same && $same->data->{a} == 1 ? 0 : 1 );
    }
    my $mine = $store->read( $record->id );
    waitpid $child, 0;
    is( $?,               0, 'a child process has its own connection' );
    is( $mine->data->{a}, 1, 'and its parent keeps its one' );
    $record->remove;
};

subtest 'the service is down' => sub {
    my $record = stored( $store, a => 1 );
    my $down   = store( url => 'http://127.0.0.1:9/soap' );
    ok( MemcachedSOAP::Fault::is_unavailable( fault( sub { $down->read( $record->id ) } ) ), 'reading is an error' );
    my $page = $store->read( $record->id );
    $page->{store} = $down;
    $page->data->{a} = 2;
    my $fault = fault( sub { $page->write } );
    ok( MemcachedSOAP::Fault::is_unavailable($fault), 'writing is an error' );
    is(
        calls(
            $store,
            sub {
                is( fault( sub { $page->write } ), $fault, 'which stays' );
            }
        ),
        '',
        'and is not tried again'
    );
    ok( MemcachedSOAP::Fault::is_unavailable( fault( sub { $down->remove( $record->id ) } ) ), 'a logout is an error' );
    $record->remove;
};

done_testing;
