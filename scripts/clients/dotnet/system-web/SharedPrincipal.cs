using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Security.Principal;
using System.Threading;

namespace MemcachedSoap.Sessions.Web
{
    /// <summary>
    /// A user of the shared login, or a visitor who is not logged in. Hosts with an application domain of their own
    /// get references to it, because it cannot be copied.
    /// </summary>
    public sealed class SharedPrincipal : MarshalByRefObject, IPrincipal
    {
        /// <summary>The authentication type of the user's identity.</summary>
        public const string AuthenticationType = "SharedLogin";

        readonly Lazy<User> user;
        readonly SharedIdentity identity;

        /// <summary>Makes a user; uid is null for a visitor.</summary>
        public SharedPrincipal(string uid, IEnumerable<string> groups) : this(() => new User(uid, groups)) { }

        internal SharedPrincipal(Func<SessionData> read) : this(() => User.Of(read())) { }

        SharedPrincipal(Func<User> read)
        {
            // An error is not kept: the next use of the user fails with it again.
            user = new Lazy<User>(read, LazyThreadSafetyMode.PublicationOnly);
            identity = new SharedIdentity(user);
        }

        /// <summary>The identity: Name is uid.</summary>
        public IIdentity Identity { get { return identity; } }

        /// <summary>The groups of the user, which are the roles.</summary>
        public IList<string> Groups { get { return user.Value.Groups; } }

        /// <summary>Tells whether the user is in a group.</summary>
        public bool IsInRole(string role) { return Groups.Contains(role); }

        // The user that a session names.
        sealed class User
        {
            public readonly string Uid;
            public readonly IList<string> Groups;

            public User(string uid, IEnumerable<string> groups)
            {
                Uid = uid ?? "";
                Groups = Uid == "" ? new string[0] : groups.ToArray();
            }

            public static User Of(SessionData data)
            {
                object uid = null, groups = null;
                if (data != null)
                {
                    data.Values.TryGetValue("uid", out uid);
                    data.Values.TryGetValue("groups", out groups);
                }
                var list = groups as IList;
                return new User(uid as string, list == null ? new string[0] : list.OfType<string>());
            }
        }

        // mono's authorization asks for the identity of each request, so it does not read yet.
        sealed class SharedIdentity : MarshalByRefObject, IIdentity
        {
            readonly Lazy<User> user;

            public SharedIdentity(Lazy<User> user) { this.user = user; }

            public string Name { get { return user.Value.Uid; } }

            public bool IsAuthenticated { get { return user.Value.Uid != ""; } }

            public string AuthenticationType { get { return IsAuthenticated ? SharedPrincipal.AuthenticationType : ""; } }
        }
    }
}
