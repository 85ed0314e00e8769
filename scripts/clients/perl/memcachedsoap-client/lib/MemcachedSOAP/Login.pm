package MemcachedSOAP::Login;

use strict;
use warnings;

our $VERSION = '1.00';

use constant NAMES => qw(uid cn mail groups authenticationLevel _utime ipAddr);

# attributes returns what a login stores, as LemonLDAP::NG has it.
sub attributes {
    my (%login) = @_;
    my %attributes = ( authenticationLevel => 1, _utime => time, %login );
    return map { $_ => $attributes{$_} } grep { defined $attributes{$_} } NAMES;
}

# user returns the user of a session, or undef if nobody has logged in.
sub user {
    my ($data) = @_;
    my $uid = $data->{uid};
    return if !defined $uid || ref $uid || $uid eq '';
    my $groups = $data->{groups};
    $groups = [ split /\s*;\s*/, $groups ] if defined $groups && !ref $groups;    # LemonLDAP::NG's form
    $groups = []                           if ref $groups ne 'ARRAY';
    return { uid => $uid, groups => [ grep { defined && !ref } @$groups ] };
}

1;

__END__

=encoding utf8

=head1 NAME

MemcachedSOAP::Login - the login that all applications share

=head1 SYNOPSIS

    my %login = MemcachedSOAP::Login::attributes( uid => 'dwho', cn => 'Doctor Who', groups => ['users'] );
    @$data{ keys %login } = values %login;

    my $user = MemcachedSOAP::Login::user($data) or die 'nobody has logged in';
    print $user->{uid}, ': ', join ', ', @{ $user->{groups} };

=head1 FUNCTIONS

=head2 attributes(uid => $uid, %more)

The attributes of a login: uid, cn, mail, groups (a reference to an array), authenticationLevel (1 by default), _utime
(now) and ipAddr. Others are left out. Store them only after the user has proved who it is, and give the session a new
id. A logout deletes the session; it does not remove attributes.

=head2 user($data)

The user of a session: C<uid>, and C<groups> as a list. undef if nobody has logged in.

=head2 NAMES

The names of the attributes.

=cut
