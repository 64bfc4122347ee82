// A vCenter that tests meet: govmomi's simulator, and beside it govmomi's own client, which reads
// the same estate in another way. It serves HTTPS on loopback and takes one command a line.
//
// Usage: vcenter-peer CERTIFICATE KEY USER PASSWORD MACHINES, the files in PEM.
// Its first line is the port; every command is answered by one line of JSON.
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"log"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/find"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/session"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/view"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// rule is what the account may see and how large a page is, for all sessions.
var rule struct {
	sync.Mutex
	sees string
	page int
	rest map[string]pages
}

// pages are what is still to be told, and how much of it at a time.
type pages struct {
	objects []types.ObjectContent
	size    int
}

// collector answers in pages and by rights, which the simulator knows nothing of.
type collector struct {
	simulator.PropertyCollector
}

// RetrievePropertiesEx asks the simulator, then leaves out what the account may not see.
func (c *collector) RetrievePropertiesEx(
	ctx *simulator.Context, r *types.RetrievePropertiesEx,
) soap.HasFault {
	rule.Lock()
	defer rule.Unlock()
	if rule.sees == "denied" {
		return &methods.RetrievePropertiesExBody{Fault_: simulator.Fault("", &types.NoPermission{
			Object: c.Self, PrivilegeId: "System.View",
		})}
	}
	answer := c.PropertyCollector.RetrievePropertiesEx(ctx, r)
	body, ok := answer.(*methods.RetrievePropertiesExBody)
	if !ok || body.Res == nil || len(r.SpecSet) == 0 || ctx.Session.UserName == "owner" {
		return answer
	}
	switch rule.sees {
	case "nothing":
		body.Res.Returnval = nil
		return body
	case "names":
		withhold(body.Res.Returnval.Objects)
	}
	size := rule.page
	if size == 0 {
		size = int(r.Options.MaxObjects)
	}
	body.Res.Returnval = page(pages{body.Res.Returnval.Objects, size})
	return body
}

// ContinueRetrievePropertiesEx gives the next page.
func (c *collector) ContinueRetrievePropertiesEx(
	r *types.ContinueRetrievePropertiesEx,
) soap.HasFault {
	rule.Lock()
	defer rule.Unlock()
	body := &methods.ContinueRetrievePropertiesExBody{}
	rest, ok := rule.rest[r.Token]
	if !ok {
		body.Fault_ = simulator.Fault("", &types.InvalidProperty{Name: "token"})
		return body
	}
	delete(rule.rest, r.Token)
	body.Res = &types.ContinueRetrievePropertiesExResponse{Returnval: *page(rest)}
	return body
}

func page(all pages) *types.RetrieveResult {
	if all.size <= 0 || len(all.objects) <= all.size {
		return &types.RetrieveResult{Objects: all.objects}
	}
	token := strconv.Itoa(len(all.objects))
	rule.rest[token] = pages{all.objects[all.size:], all.size}
	return &types.RetrieveResult{Objects: all.objects[:all.size], Token: token}
}

// withhold leaves machines with nothing but their name, as an account without System.Read sees them.
func withhold(objects []types.ObjectContent) {
	for i := range objects {
		if objects[i].Obj.Type != "VirtualMachine" {
			continue
		}
		kept := []types.DynamicProperty{}
		for _, one := range objects[i].PropSet {
			if one.Name == "name" {
				kept = append(kept, one)
				continue
			}
			objects[i].MissingSet = append(objects[i].MissingSet, types.MissingProperty{
				Path: one.Name,
				Fault: types.LocalizedMethodFault{Fault: &types.NoPermission{
					Object: objects[i].Obj, PrivilegeId: "System.Read",
				}},
			})
		}
		objects[i].PropSet = kept
	}
}

// owner is govmomi's own client at the same server.
type owner struct {
	*govmomi.Client
	context.Context
}

func (o owner) all(kind string, properties []string, into interface{}) error {
	manager := view.NewManager(o.Client.Client)
	seen, err := manager.CreateContainerView(
		o, o.ServiceContent.RootFolder, []string{kind}, true,
	)
	if err != nil {
		return err
	}
	defer seen.Destroy(o)
	return seen.Retrieve(o, []string{kind}, properties, into)
}

type machine struct {
	ID, Name, Host, Power, Tools        string
	MemoryMB, CPU, DiskBytes, Snapshots int64
	Oldest                              *time.Time
}

type store struct {
	Name           string
	Hosts          []string
	Capacity, Free int64
}

type estate struct {
	Machines []machine
	Hosts    map[string]int64
	Stores   []store
}

func (o owner) estate() (interface{}, error) {
	var machines []mo.VirtualMachine
	var hosts []mo.HostSystem
	var stores []mo.Datastore
	err := o.all("VirtualMachine", []string{"name", "runtime", "config", "snapshot", "guest"}, &machines)
	if err == nil {
		err = o.all("HostSystem", []string{"name", "summary"}, &hosts)
	}
	if err == nil {
		err = o.all("Datastore", []string{"summary", "host"}, &stores)
	}
	told := estate{Hosts: map[string]int64{}}
	names := map[string]string{}
	for _, one := range hosts {
		told.Hosts[one.Name] = one.Summary.Hardware.MemorySize
		names[one.Self.Value] = one.Name
	}
	for _, one := range stores {
		mounted := []string{}
		for _, mount := range one.Host {
			mounted = append(mounted, names[mount.Key.Value])
		}
		told.Stores = append(told.Stores, store{
			one.Summary.Name, mounted, one.Summary.Capacity, one.Summary.FreeSpace,
		})
	}
	for _, one := range machines {
		told.Machines = append(told.Machines, machineOf(one, names))
	}
	return told, err
}

func machineOf(one mo.VirtualMachine, hosts map[string]string) machine {
	told := machine{
		ID: one.Self.Value, Name: one.Name, Host: hosts[one.Runtime.Host.Value],
		Power: string(one.Runtime.PowerState), Tools: one.Guest.ToolsRunningStatus,
		MemoryMB: int64(one.Config.Hardware.MemoryMB), CPU: int64(one.Config.Hardware.NumCPU),
	}
	for _, device := range one.Config.Hardware.Device {
		if disk, ok := device.(*types.VirtualDisk); ok {
			told.DiskBytes += disk.CapacityInKB * 1024
		}
	}
	if one.Snapshot != nil {
		told.count(one.Snapshot.RootSnapshotList)
	}
	return told
}

func (m *machine) count(list []types.VirtualMachineSnapshotTree) {
	for _, one := range list {
		m.Snapshots++
		if m.Oldest == nil || one.CreateTime.Before(*m.Oldest) {
			at := one.CreateTime
			m.Oldest = &at
		}
		m.count(one.ChildSnapshotList)
	}
}

func (o owner) machine(name string) (*object.VirtualMachine, error) {
	finder := find.NewFinder(o.Client.Client)
	centre, err := finder.DefaultDatacenter(o)
	if err != nil {
		return nil, err
	}
	return finder.SetDatacenter(centre).VirtualMachine(o, name)
}

func (o owner) act(words []string) error {
	machine, err := o.machine(words[1])
	if err != nil {
		return err
	}
	var task *object.Task
	switch words[0] {
	case "disk":
		return o.addDisk(machine)
	case "snapshot":
		task, err = machine.CreateSnapshot(o, words[2], "", false, false)
	case "off":
		task, err = machine.PowerOff(o)
	case "suspend":
		task, err = machine.Suspend(o)
	}
	if err != nil {
		return err
	}
	return task.Wait(o)
}

// addDisk gives a machine one more disk of 1 GiB, and its configuration another version, which the
// simulator leaves alone.
func (o owner) addDisk(machine *object.VirtualMachine) error {
	devices, err := machine.Device(o)
	if err != nil {
		return err
	}
	controller, err := devices.FindDiskController("")
	if err != nil {
		return err
	}
	own := simulator.Map.Get(machine.Reference()).(*simulator.VirtualMachine)
	disk := devices.CreateDisk(controller, own.Datastore[0].Reference(), "")
	disk.CapacityInKB = 1024 * 1024
	if err := machine.AddDevice(o, disk); err != nil {
		return err
	}
	own.Config.ChangeVersion = "after-disk"
	return nil
}

// sessions are the names of all others who are logged in; with end they are logged out.
func (o owner) sessions(end bool) (interface{}, error) {
	var told mo.SessionManager
	err := o.RetrieveOne(o, *o.ServiceContent.SessionManager, []string{"sessionList"}, &told)
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, one := range told.SessionList {
		if one.UserName == "owner" || one.UserAgent == "" {
			continue
		}
		names = append(names, one.UserName)
		if end {
			err = session.NewManager(o.Client.Client).TerminateSession(o, []string{one.Key})
		}
	}
	return names, err
}

func (o owner) carryOut(words []string) (interface{}, error) {
	switch words[0] {
	case "estate":
		return o.estate()
	case "sessions", "end":
		return o.sessions(words[0] == "end")
	case "see", "page":
		rule.Lock()
		defer rule.Unlock()
		if words[0] == "see" {
			rule.sees = words[1]
		} else {
			rule.page, _ = strconv.Atoi(words[1])
		}
		return nil, nil
	default:
		return nil, o.act(words)
	}
}

func main() {
	log.SetFlags(0)
	pair, err := tls.LoadX509KeyPair(os.Args[1], os.Args[2])
	check(err)
	model := simulator.VPX()
	model.Machine, err = strconv.Atoi(os.Args[5])
	check(err)
	check(model.Create())
	for _, one := range simulator.Map.All("VirtualMachine") {
		one.(*simulator.VirtualMachine).Config.ChangeVersion = "first"
	}
	defer model.Remove()
	rule.rest = map[string]pages{}
	own := &collector{}
	own.Self = model.ServiceContent.PropertyCollector
	simulator.Map.Put(own)
	model.Service.TLS = &tls.Config{Certificates: []tls.Certificate{pair}}
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0"}
	server := model.Service.NewServer()
	defer server.Close()

	ctx := context.Background()
	server.URL.User = url.UserPassword("owner", "owner")
	client, err := govmomi.NewClient(ctx, server.URL, true)
	check(err)
	model.Service.Listen.User = url.UserPassword(os.Args[3], os.Args[4])
	fmt.Println(server.URL.Port())
	serve(owner{client, ctx})
}

func serve(own owner) {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		told, err := own.carryOut(strings.Fields(lines.Text()))
		if err != nil {
			told = map[string]string{"error": err.Error()}
		}
		line, err := json.Marshal(told)
		check(err)
		fmt.Println(string(line))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
