package Apache::Session::MemcachedSOAP;

use strict;
use warnings;

our $VERSION = '1.00';

use parent 'Apache::Session';

use Apache::Session::Generate::MemcachedSOAP;
use Apache::Session::Lock::Null;
use Apache::Session::Serialize::MemcachedSOAP;
use Apache::Session::Store::MemcachedSOAP;

sub populate {
    my ($self) = @_;
    $self->{object_store} = Apache::Session::Store::MemcachedSOAP->new($self);
    $self->{lock_manager} = Apache::Session::Lock::Null->new($self);
    $self->{generate}     = \&Apache::Session::Generate::MemcachedSOAP::generate;
    $self->{validate}     = \&Apache::Session::Generate::MemcachedSOAP::validate;
    $self->{serialize}    = \&Apache::Session::Serialize::MemcachedSOAP::serialize;
    $self->{unserialize}  = \&Apache::Session::Serialize::MemcachedSOAP::unserialize;
    return $self;
}

# save asks the store, which compares all values: the tie does not see a change below the top of the session.
sub save {
    my ($self)  = @_;
    my $synced  = $self->{status} & Apache::Session::SYNCED();
    my $decided = Apache::Session::NEW() | Apache::Session::DELETED();
    $self->{status} |= Apache::Session::MODIFIED() if $synced && !( $self->{status} & $decided );
    return $self->SUPER::save;
}

sub renew_id {
    my ($self) = @_;
    return $self->{data}{_session_id} = $self->{object_store}->rename($self);
}

1;

__END__

=encoding utf8

=head1 NAME

Apache::Session::MemcachedSOAP - Apache::Session in the session service, shared with applications in all languages

=head1 SYNOPSIS

    use Apache::Session::MemcachedSOAP;

    my %options = ( url => 'http://127.0.0.1:8080/soap', prefix => 'shop' );
    eval { tie %session, 'Apache::Session::MemcachedSOAP', $id, \%options; 1 }    # undef for a new session
        or die $@ !~ /^(?:Object does not exist|Invalid session ID)/ ? $@ : ();

    $session{cart} = [ 'tea', 2 ];
    tied(%session)->renew_id;     # at a login
    tied(%session)->save;         # dies if it fails; untie saves, too, but Perl only warns there
    tied(%session)->delete;       # at a logout

=head1 DESCRIPTION

Programs on hosts that cannot reach memcached use it in place of Apache::Session::Memorycached. The third argument of
C<tie> has the options of L<MemcachedSOAP::Store>, and those of Apache::Session, which begin with a capital letter. With
C<< prefix => '' >>, the default, the program sees all attributes, as with Apache::Session::Memorycached.

Sessions are not locked: C<save> sends only what this program has changed since it read the session, at any depth. A new
session that is empty is stored when it gets content (option C<store_empty>).

=head1 ERRORS

C<tie> dies with C<Object does not exist in the data store> for a session that is absent, was deleted, has expired or is
not readable, and with C<Invalid session ID> for an id that is not 32 to 64 of the digits 0 to 9 and a to f. Create a
new session then, with undef as id: an id that a browser sends is never taken for a new session.

If the service does not answer, C<tie> and C<save> die with a L<MemcachedSOAP::Fault> for which
C<MemcachedSOAP::Fault::is_unavailable> is true: show an error page. A change of a session that was deleted meanwhile is
dropped, with a line in the log.

=head1 METHODS

=head2 renew_id

Gives the session a new id, which it returns; the content goes over, and the former id is worth nothing at once. Call it
at each login, and send the cookie with the new id.

=head2 populate, save

As in L<Apache::Session>.

=cut
