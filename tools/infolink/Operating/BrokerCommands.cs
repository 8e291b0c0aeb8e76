using System.CommandLine;
using InfoLink.Broker;
using InfoLink.Contracts.Trust;

namespace InfoLink.Tool.Operating;

/// <summary><c>infolink broker …</c> and <c>infolink join-code</c>: a broker's setting up and running.</summary>
internal static class BrokerCommands
{
    public static Command Create() => new("broker", "Set a broker up, publish what the authority has signed, and see how it stands.") { Init(), Beside(), Publish(), Status(), TokenKey(), NextKey(), NewMaster(), DestroyMaster(), CheckDestruction() };

    public static Command JoinCode()
    {
        var broker = new BrokerOption();
        var agency = new Argument<string>("agency") { Description = "For whom." };
        var minutes = new Option<int>("--minutes") { Description = "How long it is good for, 10 to 60.", DefaultValueFactory = _ => 30 };
        var command = Commands.New(
            "join-code", "Give a code with which one host of an agency introduces itself, once. Hand it over on a way that the agency trusts.", "join-code 141003 --broker /srv/broker");
        command.Add(agency);
        command.Add(minutes);
        broker.AddTo(command);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            using var calls = broker.Open(parsed);
            var code = await calls.ActAsync(
                new { what = "join-code", about = parsed.GetValue(agency)!, @operator = broker.Who(parsed), minutes = parsed.GetValue(minutes) }, cancellation);
            Console.WriteLine(code.GetProperty("code").GetString());
            await Console.Error.WriteLineAsync($"""
                Good until {code.GetProperty("expires").GetDateTimeOffset():yyyy-MM-dd HH:mm:ss} UTC, for the first host that uses it. At the agency:
                  infolink-agent join CODE --dir DIR --listen ADDRESS:PORT --endpoint https://HOST:PORT
                Both of you see the authority's fingerprint {code.GetProperty("authority").GetString()}, and then the same fingerprint of
                the agency's key: 'infolink joined' shows it here. Compare it before you add the member.
                """);
            return Ending.Well;
        }));
        return command;
    }

    public static Command Joined()
    {
        var broker = new BrokerOption();
        var json = Commands.Json();
        var command = Commands.New("joined", "Show the hosts that have introduced themselves, with the fingerprints to compare.", "joined --broker /srv/broker");
        broker.AddTo(command);
        command.Add(json);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var all = await broker.GetAsync(parsed, "/v1/joined", cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(all.GetRawText());
                return Ending.Well;
            }

            foreach (var joined in all.EnumerateArray())
            {
                Console.WriteLine($"{joined.GetProperty("agency").GetString()}  {joined.GetProperty("fingerprint").GetString()}  {joined.GetProperty("endpoint").GetString()}  {joined.GetProperty("at").GetDateTimeOffset():yyyy-MM-dd HH:mm} UTC");
            }

            return Ending.Well;
        }));
        return command;
    }

    private static Command Init()
    {
        var folder = new Option<string>("--dir") { Description = "The broker's folder, new or empty.", Required = true };
        var platform = new Option<string>("--platform") { Description = "The SPIFFE trust domain, e.g. infolink.example.", Required = true };
        var listen = new Option<string>("--listen") { Description = "Address and port to serve on.", DefaultValueFactory = _ => "127.0.0.1:7443" };
        var address = new Option<string?>("--address") { Description = "https://host:port under which agencies reach it; without it where it listens." };
        var redis = new Option<string?>("--redis") { Description = "host:port of Redis for tokens; without it they are kept in memory." };
        var postgres = new Option<string?>("--postgres") { Description = "PostgreSQL for the log; without it a file." };
        var command = Commands.New("init", "Make a broker's keys and configuration.", "broker init --dir /srv/broker --platform infolink.example --listen 0.0.0.0:7443 --address https://broker.example:7443");
        foreach (var option in (Option[])[folder, platform, listen, address, redis, postgres])
        {
            command.Add(option);
        }

        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var options = new BrokerOptions
            {
                Listen = parsed.GetValue(listen)!,
                Address = parsed.GetValue(address) ?? "",
                Redis = parsed.GetValue(redis) ?? "",
                Postgres = parsed.GetValue(postgres) ?? "",
            };
            var made = BrokerSetup.Create(parsed.GetValue(folder)!, parsed.GetValue(platform)!, options, TimeProvider.System);
            Console.WriteLine($"""
                A broker of {parsed.GetValue(platform)} is prepared in {made.Folder}; its identity is {made.Identity}.

                Back up, apart from the databases:   {Path.Combine(made.Folder, "keys")}
                Take a copy offline, into a safe:    keys/masters/*.key (without them no link code can be read again), keys/identity.pem
                The authority must sign:             {made.MembersDraft} (nobody is in it yet), and a catalog ('infolink catalog build')
                Then:                                infolink broker publish --broker {made.Folder} authority.json members-1.json catalog-1.json
                                                     infolink-broker --config {Path.Combine(made.Folder, "broker.json")}
                """);
            return Ending.Well;
        }));
        return command;
    }

    private static Command Beside()
    {
        var broker = new BrokerOption();
        var folder = new Option<string>("--dir") { Description = "The new broker's folder, new or empty.", Required = true };
        var listen = new Option<string>("--listen") { Description = "Address and port for it to serve on.", Required = true };
        var command = Commands.New(
            "beside", "Make one more broker, to run beside another on the same Redis and PostgreSQL.", "broker beside --broker /srv/broker --dir /srv/broker-2 --listen 0.0.0.0:7444");
        command.Add(folder);
        command.Add(listen);
        broker.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var made = BrokerSetup.CreateBeside(broker.Options(parsed), parsed.GetValue(folder)!, parsed.GetValue(listen)!);
            Console.WriteLine($"""
                One more broker is prepared in {made.Folder}: the same keys, and a log of its own.

                The authority must name its log:   infolink member broker-logs --add {made.Log} --list members-N.json --out members-M.json
                Then, at a broker that runs:       infolink broker publish members-M.json --broker {broker.Options(parsed).Folder}
                                                   infolink-broker --config {Path.Combine(made.Folder, "broker.json")}
                Behind one address:                a TCP load balancer, or DNS with several addresses
                """);
            return Ending.Well;
        }));
        return command;
    }

    private static Command Publish()
    {
        var broker = new BrokerOption();
        var files = new Argument<string[]>("file") { Description = "Signed documents, in the order in which they are to be taken.", Arity = ArgumentArity.OneOrMore };
        var command = Commands.New("publish", "Put into force what the authority has signed, and send it to every agent.", "broker publish members-7.json --broker /srv/broker");
        command.Add(files);
        broker.AddTo(command);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var documents = parsed.GetValue(files)!.Select(file => SignedDocument.Parse(File.ReadAllBytes(file))).ToList();
            using var calls = broker.Open(parsed);
            if (!await calls.RunsAsync(cancellation))
            {
                foreach (var line in BrokerSetup.Publish(broker.Options(parsed), documents, TimeProvider.System))
                {
                    Console.WriteLine(line);
                }

                return Ending.Well;
            }

            foreach (var document in documents)
            {
                Console.WriteLine((await calls.PublishAsync(broker.Who(parsed), document.ToBytes(), cancellation)).GetProperty("result").GetString());
            }

            return Ending.Well;
        }));
        return command;
    }

    private static Command Status()
    {
        var broker = new BrokerOption();
        var json = Commands.Json();
        var command = Commands.New("status", "Show what a running broker holds and whom it knows.", "broker status --broker /srv/broker");
        broker.AddTo(command);
        command.Add(json);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(async () =>
        {
            var status = await broker.GetAsync(parsed, "/v1/status", cancellation);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(status.GetRawText());
                return Ending.Well;
            }

            Console.WriteLine($"platform   {status.GetProperty("platform")}");
            Console.WriteLine($"authority  version {status.GetProperty("authority")}, {status.GetProperty("authorityFingerprint")}");
            Console.WriteLine($"members    version {status.GetProperty("members")}, until {status.GetProperty("membersExpire")}");
            foreach (var catalog in status.GetProperty("catalogs").EnumerateArray())
            {
                Console.WriteLine($"catalog    version {catalog.GetProperty("version")}, {catalog.GetProperty("entries")} entries, from {catalog.GetProperty("effectiveAt")} until {catalog.GetProperty("expires")}{(catalog.GetProperty("inForce").GetBoolean() ? ", in force" : "")}");
            }

            Console.WriteLine($"directory  {status.GetProperty("directorySerial")}, issued {status.GetProperty("directoryIssued")}");
            foreach (var agency in status.GetProperty("agencies").EnumerateArray())
            {
                var endpoint = agency.GetProperty("endpoint").GetString() ?? "no endpoint";
                Console.WriteLine($"  {agency.GetProperty("agency")}  {agency.GetProperty("ja")}  {endpoint}{(agency.GetProperty("suspended").GetBoolean() ? "  SUSPENDED" : "")}{(agency.GetProperty("closedUntil").GetString() is { } until ? $"  closed until {until}" : "")}");
            }

            foreach (var entry in status.GetProperty("switchedOff").EnumerateArray())
            {
                Console.WriteLine($"  entry {entry} is switched off");
            }

            return Ending.Well;
        }));
        return command;
    }

    private static Command NewMaster()
    {
        var broker = new BrokerOption();
        var command = Commands.New("new-master", "Make the master of the next code epoch. A running broker takes it up when a member list that needs it is published.", "broker new-master --broker /srv/broker");
        broker.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var epoch = BrokerSetup.AddMaster(broker.Options(parsed));
            Console.WriteLine($"""
                The master of epoch {epoch} is made: {Path.Combine(broker.Options(parsed).Full(broker.Options(parsed).Keys), "masters", $"{epoch}.key")}
                1. Copy it offline into the safe, and to every broker beside this one.
                2. infolink member rotate AGENCY --step announce --epoch {epoch}, have the list signed, publish it: the agency converts its codes by itself.
                3. When it says that nobody is left: --step switch. A few minutes later: --step drop. Each list is signed and published.
                4. When no member uses an older epoch any more: infolink broker destroy-master.
                """);
            return Ending.Well;
        }));
        return command;
    }

    private static Command DestroyMaster()
    {
        var broker = new BrokerOption();
        var epoch = new Argument<int>("epoch") { Description = "Of which no member's codes are read any more." };
        var reason = new Option<string>("--reason") { Description = "Why; it stands in the log and in the certificate.", Required = true };
        var command = Commands.New(
            "destroy-master", "Destroy a master of link codes for ever, on record, and write a certificate. Do it at every broker, and destroy the copies.", "broker destroy-master 7 --reason \"all codes are of epoch 8\" --broker /srv/broker");
        command.Add(epoch);
        command.Add(reason);
        broker.AddTo(command);
        command.SetAction((parsed, cancellation) => Ending.OfAsync(() => broker.ActAsync(
            parsed, "destroy-master", Documents.Given.Epoch(parsed.GetValue(epoch)).ToString(System.Globalization.CultureInfo.InvariantCulture), parsed.GetValue(reason), endpoint: null, cancellation)));
        return command;
    }

    private static Command CheckDestruction()
    {
        var file = new Argument<string>("certificate") { Description = "What 'broker destroy-master' wrote." };
        var list = new Option<string>("--list") { Description = "A member list of the platform: it names the broker's logs.", Required = true };
        var authority = new Option<string?>("--authority") { Description = "The authority's document: the list must be signed by it." };
        var command = Commands.New(
            "check-destruction", "Check a certificate of destruction, without a network.", "broker check-destruction master-7-destroyed.json --list members-9.json --authority authority.json");
        command.Add(file);
        command.Add(list);
        command.Add(authority);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var members = Membership.MemberCommands.Open(parsed.GetValue(list)!, parsed.GetValue(authority)).Members!;
            var certificate = Contracts.Records.DestructionCertificate.TryParse(File.ReadAllBytes(parsed.GetValue(file)!))
                ?? throw new RefusedException($"'{parsed.GetValue(file)}' is no certificate of destruction.");
            if (certificate.WhyNot(members) is { } why)
            {
                throw new RefusedException($"The certificate does not hold. {why}");
            }

            Console.WriteLine($"The master of epoch {certificate.Epoch} was destroyed on {certificate.Time:yyyy-MM-dd HH:mm:ss} UTC by {certificate.Operator}: {certificate.Reason}");
            Console.WriteLine($"On record in {certificate.Origin} at {certificate.Index}.");
            return Ending.Well;
        }));
        return command;
    }

    private static Command NextKey()
    {
        var broker = new BrokerOption();
        var command = Commands.New("next-key", "Make the broker's next identity key, for the next member list; the broker goes over to it by itself a minute after that list is published.", "broker next-key --broker /srv/broker");
        broker.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            Console.WriteLine($"""
                {BrokerSetup.AddIdentityKey(broker.Options(parsed))}
                1. infolink member broker-key --next KEY, have the list signed, publish it.  2. After four days (no certificate under the old key lives longer):
                member broker-key --drop-retiring, sign, publish; then put identity-next.pem in the place of identity.pem.
                """);
            return Ending.Well;
        }));
        return command;
    }

    private static Command TokenKey()
    {
        var broker = new BrokerOption();
        var command = Commands.New("token-key", "Make the next token key, for the next member list; the broker signs with it a minute after that list is published.", "broker token-key --broker /srv/broker");
        broker.AddTo(command);
        command.SetAction((parsed, _) => Ending.Of(() =>
        {
            var (kid, key) = BrokerSetup.AddTokenKey(broker.Options(parsed));
            Console.WriteLine($"""
                {kid}: {key}
                1. Restart the broker, so that it holds the key.  2. infolink member token-keys --add {kid}={key}, have the list signed, publish it.
                3. After a day, take the old key out of the list in the same way, and then its file away.
                """);
            return Ending.Well;
        }));
        return command;
    }
}
